import { STATUS_TEXT, type StatusCode } from "@std/http/status";
import { ChatError, type ErrorCode, LIMITS } from "../messages.ts";

/** Characters of a header that is taken apart: its grammar can take long, as can a quadratic parser. */
const HEADER = 256;

/** A header, unless it is longer than any program has reason to send it. */
export function shortHeader({ headers }: Request, name: string): string | null {
  const value = headers.get(name);
  return value !== null && value.length <= HEADER ? value : null;
}

/** A JSON answer that nobody may cache. */
export function json(body: object | string, status = 200, type = "application/json"): Response {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return new Response(text, {
    status,
    headers: { "content-type": type, "cache-control": "no-store" },
  });
}

/** An error as RFC 9457 has it. `extra` adds members to it. */
export function problem(status: StatusCode, detail: string, extra: object = {}): Response {
  const body = { type: "about:blank", title: STATUS_TEXT[status], status, detail, ...extra };
  return json(body, status, "application/problem+json");
}

/** What is answered to who sends a body that is over the bound. */
export function tooLarge(): Response {
  return problem(413, `Cannot take this body: it is over ${LIMITS.frame} bytes`);
}

const STATUS: Partial<Record<ErrorCode, StatusCode>> = {
  unauthorized: 401,
  forbidden: 403,
  muted: 403,
  name_taken: 409,
  no_such_user: 404,
  no_such_message: 404,
  rate_limited: 429,
  unavailable: 503,
};

/** A refused command as an HTTP error, with its `code`, and the room that it is about. */
export function refusal({ code, message, about: { room, retryAfter } }: ChatError): Response {
  const answer = problem(STATUS[code] ?? 400, message, { code, room });
  if (retryAfter !== undefined) {
    answer.headers.set("retry-after", String(Math.ceil(retryAfter / 1_000)));
  }
  if (code === "unauthorized") answer.headers.set("www-authenticate", "Bearer");
  return answer;
}

/** A refusal for the moment: the server is full or about to stop. */
export function unavailable(detail: string): ChatError {
  return new ChatError("unavailable", detail, { retryAfter: 5_000 });
}
