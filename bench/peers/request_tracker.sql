-- As many tickets as :rows, each with the rows that Request Tracker itself writes for a message by e-mail:
-- every ticket its four roles, its owner (nobody) and its requestor; a tenth as many people.
\set ON_ERROR_STOP on
BEGIN;
SELECT max(id) AS p FROM principals \gset
SELECT :rows / 10 + 1 AS people \gset
SELECT :p + 2 * :people AS g \gset
CREATE TEMP TABLE one AS
  SELECT n AS ticket, :p + 2 * (n % :people) + 1 AS person, :g + 4 * (n - 1) AS base,
         timestamp '2026-01-01' + n * interval '3 minutes' AS at,
         (ARRAY['new', 'open', 'resolved', 'rejected'])[1 + n % 4] AS status
  FROM generate_series(1, :rows) AS n;
CREATE TEMP TABLE person AS
  SELECT :p + 2 * n + 1 AS id, :p + 2 * n + 2 AS equal, 'f' || n || '@example.org' AS name
  FROM generate_series(0, :people - 1) AS n;

INSERT INTO principals (id, principaltype) SELECT id, 'User' FROM person;
INSERT INTO principals (id, principaltype) SELECT equal, 'Group' FROM person;
INSERT INTO principals (id, principaltype)
  SELECT base + k, 'Group' FROM one, generate_series(1, 4) AS k;
INSERT INTO users (id, name, password, emailaddress, comments, creator, created, lastupdatedby, lastupdated)
  SELECT id, name, '*NO-PASSWORD*', name, 'Autocreated on ticket submission', 1, now(), 1, now() FROM person;
INSERT INTO groups (id, name, description, domain, instance, creator, created, lastupdatedby, lastupdated)
  SELECT equal, 'UserEquiv', 'ACL equiv. for user ' || id, 'ACLEquivalence', id, 1, now(), 1, now() FROM person;
INSERT INTO groups (id, name, domain, instance, creator, created, lastupdatedby, lastupdated)
  SELECT base + k, (ARRAY['AdminCc', 'Cc', 'Owner', 'Requestor'])[k], 'RT::Ticket-Role', ticket,
         person, at, person, at
  FROM one, generate_series(1, 4) AS k;

SELECT id AS everyone FROM groups WHERE domain = 'SystemInternal' AND name = 'Everyone' \gset
SELECT id AS unprivileged FROM groups WHERE domain = 'SystemInternal' AND name = 'Unprivileged' \gset
SELECT id AS nobody FROM users WHERE name = 'Nobody' \gset
CREATE TEMP TABLE belongs AS
  SELECT :everyone AS groupid, id AS memberid FROM person
  UNION ALL SELECT :unprivileged, id FROM person
  UNION ALL SELECT equal, id FROM person
  UNION ALL SELECT base + 3, :nobody FROM one
  UNION ALL SELECT base + 4, person FROM one;
INSERT INTO groupmembers (groupid, memberid, creator, created, lastupdatedby, lastupdated)
  SELECT groupid, memberid, 1, now(), 1, now() FROM belongs;
INSERT INTO cachedgroupmembers (id, groupid, memberid, via, immediateparentid, disabled)
  SELECT n, groupid, memberid, n, groupid, 0
  FROM (
    SELECT nextval('cachedgroupmembers_id_seq') AS n, groupid, memberid
    FROM (
      SELECT groupid, memberid FROM belongs
      UNION ALL SELECT equal, equal FROM person
      UNION ALL SELECT base + k, base + k FROM one, generate_series(1, 4) AS k
    ) AS each
  ) AS numbered;

INSERT INTO tickets (id, effectiveid, queue, type, owner, subject, status, starts, started, due, resolved,
                     lastupdatedby, lastupdated, creator, created)
  SELECT ticket, ticket, 1, 'ticket', :nobody, 'A bomba de agua avariou no bloco ' || ticket, status,
         'epoch', 'epoch', 'epoch', CASE WHEN status IN ('resolved', 'rejected') THEN at ELSE 'epoch' END,
         person, at, person, at
  FROM one;
SELECT coalesce(max(id), 0) AS t FROM transactions \gset
INSERT INTO transactions (id, objecttype, objectid, type, creator, created)
  SELECT :t + ticket, 'RT::Ticket', ticket, 'Create', person, at FROM one;
INSERT INTO transactions (id, objecttype, objectid, type, data, creator, created)
  SELECT :t + :rows + ticket, 'RT::Ticket', ticket, 'EmailRecord', '<reply-' || ticket || '@example.org>', 1, at
  FROM one;
INSERT INTO transactions (id, objecttype, objectid, type, creator, created)
  SELECT :t + 2 * :rows + 4 * (ticket - 1) + k, 'RT::Group', base + k, 'Create', person, at
  FROM one, generate_series(1, 4) AS k;
INSERT INTO attachments (transactionid, parent, messageid, subject, contenttype, contentencoding, content, headers,
                         creator, created)
  SELECT :t + ticket, 0, 'filled-' || ticket || '@example.org', 'A bomba de agua avariou', 'text/plain', 'none',
         'A bomba de agua avariou no bloco ' || ticket || ', ha tres dias sem agua',
         E'content-type: text/plain; charset="utf-8"\n', person, at
  FROM one;
INSERT INTO attachments (transactionid, parent, messageid, subject, contenttype, contentencoding, content, headers,
                         creator, created)
  SELECT :t + :rows + ticket, 0, 'reply-' || ticket || '@example.org', 'AutoReply: A bomba de agua avariou',
         'text/plain', 'none', 'This message has been automatically generated',
         E'Content-Type: text/plain; charset="utf-8"\n', 1, at
  FROM one;

SELECT setval('principals_id_seq', (SELECT max(id) FROM principals)),
       setval('tickets_id_seq', :rows),
       setval('transactions_id_seq', (SELECT max(id) FROM transactions));
COMMIT;
VACUUM ANALYZE;
