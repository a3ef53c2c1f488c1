import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { eTag, ifNoneMatch } from "@std/http/etag";
import { acceptsEncodings } from "@std/http/negotiation";
import { shortHeader } from "./respond.ts";

/** Bytes of an answer below which it fits into a packet with its headers, compressed or not. */
const LEAST = 256;

/** The best there is: it takes a fifth of a second for all of the page, once. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } };

/** What compresses, the best first. */
const CODINGS = {
  br: (content: Uint8Array) => brotliCompressSync(content, BROTLI),
  gzip: (content: Uint8Array) => gzipSync(content),
};
type Coding = keyof typeof CODINGS;

/** A content as it is sent. */
interface Form {
  body: Uint8Array<ArrayBuffer>;
  headers: Record<string, string>;
}

/** Something that is served as it is: it is compressed once, when somebody first asks for it so. */
export class Asset {
  #content;
  #headers;
  #forms = new Map<Coding | undefined, Promise<Form>>();

  /** @param headers of every answer, such as its type */
  constructor(content: string | Uint8Array<ArrayBuffer>, headers: Record<string, string>) {
    this.#content = typeof content === "string" ? new TextEncoder().encode(content) : content;
    this.#headers = { vary: "accept-encoding", ...headers };
  }

  /** Answers a `GET` or a `HEAD`. @param cache who may keep the answer, and for how long */
  async answer(request: Request, cache = "no-cache"): Promise<Response> {
    const coding = accepted(request);
    const making = this.#forms.get(coding) ?? this.#make(coding);
    this.#forms.set(coding, making);
    const { body, headers } = await making;
    const fresh = !ifNoneMatch(shortHeader(request, "if-none-match"), headers.etag);
    return new Response(fresh ? null : body, {
      status: fresh ? 304 : 200,
      headers: { ...this.#headers, ...headers, "cache-control": cache },
    });
  }

  async #make(coding: Coding | undefined): Promise<Form> {
    const content = this.#content;
    if (coding && content.length >= LEAST) {
      const body = new Uint8Array(CODINGS[coding](content));
      const etag = await eTag(body);
      if (body.length < content.length) {
        return { body, headers: { etag, "content-encoding": coding } };
      }
    }
    return { body: content, headers: { etag: await eTag(content) } };
  }
}

/** The best coding that is taken there; none where nothing is said of it. */
function accepted(request: Request): Coding | undefined {
  if (!shortHeader(request, "accept-encoding")) return;
  const codings = Object.keys(CODINGS) as Coding[];
  // One at a time: of several that are taken alike, the first in the header would be the answer.
  return codings.find((coding) => acceptsEncodings(request, coding));
}
