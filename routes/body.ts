import { textOf } from "../hub/base/text.ts";
import { ChatError, LIMITS } from "../messages.ts";

/**
 * The body as text, unless it is over the bound of a frame: no more than that is ever held.
 *
 * @throws {ChatError} `bad_message` when the client goes away in the middle of it
 */
export async function bodyOf(request: Request): Promise<string | undefined> {
  try {
    return await textOf(request.body, LIMITS.frame);
  } catch {
    throw new ChatError("bad_message", "Cannot read the body: it ended too early");
  }
}
