// Sends what waits, the oldest first: the words, then each file piece by piece from where the last
// piece ended. The hub knows every report by its id, so that what is sent again is there once.

import { heard, mended } from "./clock.js";
import { Away, NotAllowed, Refused, Revoked, SignedOut, call } from "./net.js";

const FIRST_WAIT = 2_000;
const LONGEST_WAIT = 300_000;
const EVERY = 60_000;
const SMALLEST_PIECE = 8 * 1024;
const LARGEST_PIECE = 512 * 1024;

// Twice as long after each failure, and never all devices of a site at the same moment.
export function backOff(fails, chance) {
  return Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(fails, 12)) * (0.5 + chance / 2);
}

// What the hub does not take goes into the words instead: nothing a person said is thrown away.
export function withoutField(body, path) {
  const [top] = path.split(".");
  if (!(top in body) || ["submission_id", "text", "files", "sensitivity"].includes(top)) return null;
  const { [top]: said, ...rest } = body;
  const told = typeof said === "string" ? said : JSON.stringify(said);
  return { ...rest, text: [body.text, `[${top}: ${told}]`].filter(Boolean).join("\n") };
}

export function makeSender({ queue, device, account, onState, onHello, onRevoked }) {
  let state = "start";
  let fails = 0;
  let timer = 0;
  let running = false;
  let again = false;
  let stopped = false;
  let piece = 64 * 1024;
  let session = null;

  function tell(next, more = {}) {
    state = next;
    onState({ state, ...more });
  }

  async function hello() {
    const before = Date.now();
    const answer = await call("GET", "/api/v1/desk/hello", { device: device(), byItself: true, timeout: 10_000 });
    // Half of the way there and back.
    const now = heard(Date.parse(answer.now), (before + Date.now()) / 2);
    session = { csrf: answer.csrf, account: answer.account.id, now };
    await onHello(answer, now);
    return session;
  }

  async function sendOne(record) {
    let report = await queue.report(record);
    if (!report.sent) {
      const at = mended(report.written, session.now);
      let body = {
        ...report.body,
        received_at: report.body.received_at || new Date(at).toISOString(),
        device_at: new Date(report.written.device).toISOString(),
      };
      const numbers = await taken(body);
      // Of a highly sensitive one only its files stay until they are there; no words, no numbers.
      report = report.highly ? { highly: true, sent: true, files: report.files } : { sent: true, files: report.files, code: report.code, site: report.site, ...numbers };
      await queue.rewrite(record, report);
    }
    for (const one of report.files) await sendFile(record, one);
    await queue.finish(record, report.highly ? null : { ref: report.ref, secret: report.secret, code: report.code, site: report.site });
  }

  async function taken(body) {
    try {
      const { ref, secret } = await call("POST", "/api/v1/intake", { json: body, device: device(), csrf: session.csrf });
      return { ref, secret };
    } catch (error) {
      const field = error instanceof Refused && error.errors[0] ? error.errors[0].field : "";
      const mendedBody = field ? withoutField(body, field) : null;
      if (!mendedBody) throw error;
      return taken(mendedBody);
    }
  }

  async function sendFile(record, { n, at, size }) {
    const path = `/api/v1/intake/${record.id}/files/${at}`;
    let { received } = await call("GET", path, { device: device() });
    if (received >= size) return;
    const content = await queue.file(record.id, n);
    while (received < size) {
      const bytes = content.subarray(received, received + piece);
      try {
        ({ received } = await call("PUT", `${path}?start=${received}`, { bytes, device: device(), csrf: session.csrf }));
        piece = Math.min(LARGEST_PIECE, piece * 2);
      } catch (error) {
        piece = Math.max(SMALLEST_PIECE, piece >> 2);
        throw error;
      }
      tell("sending", { part: received / size });
    }
  }

  async function all() {
    await hello();
    if (session.account !== account) return tell("other");
    for (;;) {
      const waiting = (await queue.waiting()).filter((one) => queue.readable(one) && !one.stuck);
      if (!waiting.length || stopped) break;
      tell("sending", { left: waiting.length });
      try {
        await sendOne(waiting[0]);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        // Kept, and looked at by a person; the others go on.
        await queue.note(await queue.record(waiting[0].id), { stuck: true });
      }
    }
    return tell("here");
  }

  async function once() {
    try {
      // One tab at a time; with another tab at it there is nothing to do here.
      await navigator.locks.request(`desk-send-${account}`, { ifAvailable: true }, (mine) => (mine ? all() : null));
      fails = 0;
      return EVERY;
    } catch (error) {
      if (error instanceof Revoked) {
        stop();
        await onRevoked();
      } else if (error instanceof SignedOut) tell("signed_out");
      else if (error instanceof NotAllowed) tell("not_allowed");
      else if (error instanceof Away) {
        tell("away");
        const wait = Math.max(backOff(fails, Math.random()), error.retryAfter * 1000);
        fails += 1;
        return wait;
      } else throw error;
      return EVERY;
    }
  }

  async function run() {
    if (stopped) return;
    if (running) {
      again = true;
      return;
    }
    running = true;
    clearTimeout(timer);
    let wait = EVERY;
    try {
      do {
        again = false;
        wait = await once();
      } while (again && !stopped);
    } finally {
      running = false;
      if (!stopped) timer = setTimeout(run, wait);
    }
  }

  // Now, because something new waits or the network may be back.
  function nudge() {
    fails = 0;
    return run();
  }

  function stop() {
    stopped = true;
    clearTimeout(timer);
    window.removeEventListener("online", nudge);
  }

  window.addEventListener("online", nudge);
  return { nudge, stop, state: () => state, csrf: () => (session ? session.csrf : "") };
}
