#!/bin/sh
# Request Tracker of Debian's packages, in a root of its own and on the PostgreSQL of that root, for bench.others:
#   request_tracker.sh install  ROOT               a Debian with both in it; for root, where there is apt
#   request_tracker.sh fill     ROOT PLACE ROWS    sets it up as its NOTES.Debian says, with so many tickets
#   request_tracker.sh database ROOT PLACE         its database server
#   request_tracker.sh serve    ROOT PLACE PORT    rt-server (Starlet), once the database answers
# PLACE is a folder as the root sees it.
set -eu
what=$1 root=$2 place=${3-}
here=$(dirname "$0")
pg=$(cd "$root" 2>/dev/null && echo usr/lib/postgresql/*/bin) || pg=

in_root() { # USER COMMAND …
	user=$1
	shift
	chroot --userspec="$user" "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
		RT_SITE_CONFIG="$place/RT_SiteConfig.pm" RT_SITE_CONFIG_DIR="$place/none" "$@"
}
pg_ctl() {
	in_root postgres "/$pg/pg_ctl" -D "$place/pg" "$@"
}
config() { # PORT
	cat >"$root$place/RT_SiteConfig.pm" <<-END
		Set(\$rtname, 'bench');
		Set(\$Organization, 'example.org');
		Set(\$Timezone, 'UTC');
		Set(\$WebDomain, '127.0.0.1');
		Set(\$WebPort, $1);
		Set(\$WebPath, '');
		Set(\$WebBaseURL, 'http://127.0.0.1:$1');
		Set(\$DatabaseType, 'Pg');
		Set(\$DatabaseHost, '$place');
		Set(\$DatabasePort, '');
		Set(\$DatabaseName, 'rt');
		Set(\$DatabaseUser, 'rt');
		Set(\$DatabasePassword, '');
		Set(\$DatabaseAdmin, 'postgres');
		Set(\$CorrespondAddress, 'bench@example.org');
		Set(\$CommentAddress, 'comment@example.org');
		# Its replies go into a file, which costs it least.
		Set(\$MailCommand, 'mbox');
		Set(\$LogToSyslog, undef);
		Set(\$LogToSTDERR, 'error');
		1;
	END
}

case $what in
install)
	command -v debootstrap >/dev/null || {
		apt-get update -qq
		DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends debootstrap
	}
	[ -x "$root/usr/bin/apt-get" ] || debootstrap --variant=minbase bookworm "$root" http://deb.debian.org/debian
	# Nothing of it is to start by itself.
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
	chmod +x "$root/usr/sbin/policy-rc.d"
	chroot "$root" sh -c 'echo request-tracker5 request-tracker5/dbconfig-install boolean false | debconf-set-selections
		export DEBIAN_FRONTEND=noninteractive
		dpkg --configure -a
		apt-get install -qq -y --no-install-recommends request-tracker5 rt5-standalone rt5-db-postgresql postgresql'
	;;
fill)
	mkdir -p "$root$place/pg"
	chroot "$root" chown -R postgres "$place"
	in_root postgres "/$pg/initdb" -D "$place/pg" -U postgres --auth=trust --encoding=UTF8
	pg_ctl -w -l "$place/pg.log" -o "-k $place -c listen_addresses=" start
	trap 'pg_ctl -w -m fast stop' EXIT
	config 80
	printf bench-password >"$root$place/password"
	in_root root rt-setup-database-5 --action init --dba postgres --dba-password unused \
		--root-password-file "$place/password"
	# "Everyone" may write to the queue: what its documentation says to do for mail.
	in_root root perl -I /usr/share/request-tracker5/lib -e '
		use RT -init;
		my $everyone = RT::Group->new(RT->SystemUser);
		$everyone->LoadSystemInternalGroup("Everyone");
		my $queue = RT::Queue->new(RT->SystemUser);
		$queue->Load("General");
		for my $right (qw(CreateTicket ReplyToTicket)) {
			my ($done, $said) = $everyone->PrincipalObj->GrantRight(Right => $right, Object => $queue);
			die $said unless $done;
		}'
	in_root postgres psql -q -h "$place" -U postgres -v rows="$4" rt <"$here/request_tracker.sql"
	;;
database)
	chroot "$root" chown -R postgres "$place/pg"
	# Its socket lies in PLACE, and it listens to nothing else.
	in_root postgres "/$pg/postgres" -D "$place/pg" -k "$place" -c listen_addresses=
	;;
serve)
	config "$4"
	until in_root postgres "/$pg/pg_isready" -q -h "$place"; do sleep 0.1; done
	in_root www-data /usr/share/request-tracker5/libexec/rt-server --host 127.0.0.1 --port "$4" \
		--max-workers 4
	;;
esac
