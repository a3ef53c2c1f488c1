import { ChatError, LIMITS } from "../messages.ts";

/**
 * The body as text, unless it is over the bound of a frame: no more than that is ever held.
 *
 * @throws {ChatError} `bad_message` when the client goes away in the middle of it
 */
export async function bodyOf(request: Request): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  try {
    for await (const chunk of request.body ?? []) {
      bytes += chunk.byteLength;
      if (bytes > LIMITS.frame) return undefined;
      text += decoder.decode(chunk, { stream: true });
    }
  } catch {
    throw new ChatError("bad_message", "Cannot read the body: it ended too early");
  }
  return text + decoder.decode();
}
