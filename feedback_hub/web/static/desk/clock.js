// A device's clock may be wrong, or be put right between writing and sending. Both times go to the
// hub: what the device showed, and this, which is mended as far as what is known allows.

// What is known after the hub has answered: `server` is its time, both in ms.
export function heard(server, device) {
  return { server, offset: server - device };
}

// The time at which something was written, in ms.
//   written: { device, last }: the device's clock then, and what `heard` had told it before, or null
//   now: what `heard` tells at sending
// The clock's fault at sending counts, unless that leads to a time before the hub was last heard, or
// to one that has not come: then the fault from before; then the nearest time that is possible.
export function mended(written, now) {
  const from = written.last ? written.last.server : Number.NEGATIVE_INFINITY;
  const offsets = [now.offset, written.last ? written.last.offset : now.offset];
  const slack = 1500; // an answer is under way for a while
  for (const offset of offsets) {
    const at = written.device + offset;
    if (at >= from - slack && at <= now.server + slack) return Math.min(at, now.server);
  }
  return written.device + offsets[0] > now.server ? now.server : Math.max(from, 0);
}
