import { problem } from "./respond.ts";

/** The version of the WebSocket protocol that there is (RFC 6455). */
const VERSION = "13";

/**
 * What is wrong with a request for a WebSocket, as an answer; nothing where it is as RFC 6455 wants it.
 * The runtime is no judge: it answers 101 to other versions and methods, and two `Upgrade` headers of
 * which one is `websocket` would end the whole server.
 */
export function mistake({ method, headers }: Request): Response | undefined {
  const asked = method === "GET" && headers.get("upgrade")?.toLowerCase() === "websocket" &&
    words(headers.get("connection")).includes("upgrade");
  if (!asked) {
    const detail = "This is a WebSocket endpoint: connect with ws:// or wss://";
    return required(detail, "upgrade", "websocket");
  }
  if (headers.get("sec-websocket-version") !== VERSION) {
    const detail =
      `Cannot speak this version of the protocol: Sec-WebSocket-Version must be ${VERSION}`;
    return required(detail, "sec-websocket-version", VERSION);
  }
  // Not `has`: for that the runtime would list all headers, and keep the list as long as the socket.
  if (!/^[A-Za-z0-9+/]{22}==$/.test(headers.get("sec-websocket-key") ?? "")) {
    return problem(400, "Cannot use this Sec-WebSocket-Key: it must be 16 bytes in base64");
  }
}

/** Says which header would be right. */
function required(detail: string, header: string, value: string): Response {
  const answer = problem(426, detail);
  answer.headers.set(header, value);
  return answer;
}

/** The words of a header that is a list, in small letters. */
const words = (header: string | null) =>
  (header ?? "").split(",").map((word) => word.trim().toLowerCase());
