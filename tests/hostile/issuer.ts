/** Who issues tokens for a server that is attacked, and the provider that serves the keys. */
import { Provider, Signer } from "../access/issuer.ts";

/** The claims of somebody who may do everything but moderate. */
const claimsOf = (username: string) => ({ username, jti: crypto.randomUUID() });

/** The keys of a provider, by which good tokens are signed. */
export class Issuer implements AsyncDisposable {
  readonly rsa: Signer;
  readonly curve: Signer;
  #provider: Provider;

  private constructor(rsa: Signer, curve: Signer) {
    this.rsa = rsa;
    this.curve = curve;
    this.#provider = new Provider(rsa, curve);
  }

  static async make(): Promise<Issuer> {
    return new Issuer(await Signer.make("RS256", "rsa"), await Signer.make("ES256", "curve"));
  }

  /** Where the keys are. */
  get url(): URL {
    return this.#provider.url;
  }

  /** How often they were fetched. */
  get asked(): number {
    return this.#provider.asked;
  }

  /** A good token. */
  token(username: string, more: object = {}): Promise<string> {
    return this.curve.sign({ ...claimsOf(username), ...more });
  }

  async [Symbol.asyncDispose]() {
    await this.#provider[Symbol.asyncDispose]();
  }
}
