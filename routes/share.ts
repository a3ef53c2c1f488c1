/**
 * Lets pages of other origins read an answer, and everybody only what it says it is.
 *
 * @param origins that may; none: any
 * @param origin of the page that asks
 */
export function share(headers: Headers, origins: string[], origin: string | null) {
  headers.set("x-content-type-options", "nosniff");
  headers.set("access-control-allow-methods", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
  headers.set("access-control-allow-headers", "authorization, content-type, last-event-id");
  headers.set("access-control-expose-headers", "etag, retry-after");
  headers.set("access-control-max-age", "86400");
  if (origins.length === 0) return headers.set("access-control-allow-origin", "*");
  headers.append("vary", "origin");
  const known = origin !== null && origins.includes(origin);
  headers.set("access-control-allow-origin", known ? origin : origins[0]!);
  if (known) headers.set("access-control-allow-credentials", "true");
}
