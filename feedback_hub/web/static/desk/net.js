// Asking the hub. A link that breaks is nobody's fault and comes back; the other refusals each mean
// something different for what waits here.

export class Away extends Error {
  constructor(retryAfter = 0) {
    super("away");
    this.retryAfter = retryAfter;
  }
}
export class SignedOut extends Error {}
export class Revoked extends Error {}
export class NotAllowed extends Error {}
export class Refused extends Error {
  constructor(status, problem) {
    super(`refused ${status}`);
    this.status = status;
    this.errors = problem.errors || [];
  }
}

const LONGEST = 30_000;

// Throws one of the above. `device` is the device's secret, `csrf` the session's forgery token.
export async function call(method, path, { json, bytes, device, csrf, byItself, timeout = LONGEST } = {}) {
  const headers = { Accept: "application/json" };
  if (device) headers["X-Desk-Device"] = device;
  if (csrf) headers["X-CSRFToken"] = csrf;
  // Nobody pressed anything: a desk that was left is logged out all the same.
  if (byItself) headers["X-Asked-By-Itself"] = "1";
  if (json !== undefined) headers["Content-Type"] = "application/json";
  if (bytes) headers["Content-Type"] = "application/octet-stream";
  let answer;
  let body;
  try {
    answer = await fetch(path, {
      method, headers, body: bytes || (json === undefined ? undefined : JSON.stringify(json)),
      credentials: "same-origin", cache: "no-store", redirect: "error", signal: AbortSignal.timeout(timeout),
    });
    // Cut off in the middle of the answer is away too.
    const text = await answer.text();
    body = (answer.headers.get("Content-Type") || "").includes("json") ? JSON.parse(text) : null;
  } catch {
    throw new Away();
  }
  // A page where JSON was asked for is somebody between us: a café's log-in, a proxy's excuse.
  if (answer.ok && body) return body;
  if (body && answer.status === 401) throw new SignedOut();
  if (body && answer.status === 410) throw new Revoked();
  if (body && answer.status === 403) throw new NotAllowed();
  if (body && [400, 404, 413, 422].includes(answer.status)) throw new Refused(answer.status, body);
  throw new Away(Number(answer.headers.get("Retry-After")) || 0);
}
