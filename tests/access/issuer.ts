/** Those who issue tokens, good ones and others; and a provider that serves its keys as told. */
import { exportJWK, generateKeyPair, type JWK, type JWTHeaderParameters, SignJWT } from "jose";
import { tokenKey } from "../../routes/identity/keys.ts";

/** A secret of the length that is asked for at least. */
export const SECRET = new TextEncoder().encode("0123456789abcdef0123456789abcdef");

/** Seconds since the epoch, so many from now. */
export const inSeconds = (seconds: number) => Math.floor(Date.now() / 1_000) + seconds;

/** Signs claims as somebody asks who may ask for anything; they end in an hour where they do not say when. */
export function sign(
  key: CryptoKey,
  claims: object,
  header: Partial<JWTHeaderParameters> = {},
): Promise<string> {
  const all = { exp: inSeconds(3_600), ...claims };
  return new SignJWT(all).setProtectedHeader({ alg: "HS256", ...header }).sign(key);
}

/** A token that is signed with the secret. */
export async function invitation(claims: object, secret = SECRET): Promise<string> {
  return await sign(await tokenKey(secret), claims);
}

/** A token with a header and claims of any kind, and with a signature that is none. */
export function forged(header: object, claims: object = { sub: "ann" }): string {
  const part = (value: object) =>
    btoa(JSON.stringify(value)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return `${part(header)}.${part(claims)}.${part({ no: "signature" })}`;
}

/** A key pair, by which somebody signs, and the public half as others are told it. */
export class Signer {
  readonly kid: string;
  readonly alg: string;
  readonly public: JWK;
  #private: CryptoKey;

  private constructor(alg: string, kid: string, pair: { private: CryptoKey; public: JWK }) {
    this.alg = alg;
    this.kid = kid;
    this.public = { ...pair.public, kid };
    this.#private = pair.private;
  }

  static async make(alg = "ES256", kid = "one"): Promise<Signer> {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
    return new Signer(alg, kid, { private: privateKey, public: await exportJWK(publicKey) });
  }

  sign(claims: object, header: Partial<JWTHeaderParameters> = {}): Promise<string> {
    return sign(this.#private, claims, { alg: this.alg, kid: this.kid, ...header });
  }
}

/** A provider, which answers each time as told. */
export class Provider implements AsyncDisposable {
  /** How often it was asked. */
  asked = 0;
  /** What it answers next. */
  answer: () => Response | Promise<Response>;
  #server: Deno.HttpServer<Deno.NetAddr>;

  constructor(...signers: Signer[]) {
    this.answer = () => Provider.keys(...signers.map(({ public: key }) => key));
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
      this.asked++;
      return this.answer();
    });
  }

  static keys(...keys: object[]): Response {
    return Response.json({ keys });
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${this.#server.addr.port}/keys?tenant=7`);
  }

  async [Symbol.asyncDispose]() {
    await this.#server.shutdown();
  }
}
