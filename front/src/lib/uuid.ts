// Version 7 UUIDs (RFC 9562): they sort by the time at which they were made.

let last = 0;

/** A new id, after all made before it by this page. Works without a secure context, unlike crypto.randomUUID. */
export function uuid7(now = Date.now()): string {
  last = Math.max(now, last + 1); // two in one millisecond keep their order
  const bytes = crypto.getRandomValues(new Uint8Array(10));
  bytes[0] = (bytes[0]! & 0x0f) | 0x70;
  bytes[2] = (bytes[2]! & 0x3f) | 0x80;
  const hex = last.toString(16).padStart(12, "0") + Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
