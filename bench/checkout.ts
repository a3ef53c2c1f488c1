import { output } from "./runner.ts";

/** Another version of the project, in a temporary folder until it is disposed of. */
export class Checkout implements AsyncDisposable {
  /** The folder. */
  readonly root: string;
  #repository: string;

  private constructor(repository: string, root: string) {
    this.#repository = repository;
    this.root = root;
  }

  /** Checks out a revision, as git names it. @throws {Error} when there is none of this name */
  static async of(revision: string): Promise<Checkout> {
    const repository = new URL("..", import.meta.url).pathname;
    const root = await Deno.makeTempDir({ prefix: "parley-" });
    const checkout = new Checkout(repository, root);
    if (await checkout.#git("worktree", "add", "--detach", root, revision) === undefined) {
      await checkout[Symbol.asyncDispose]();
      throw new Error(`Cannot check out ${revision}: git knows no revision of this name`);
    }
    return checkout;
  }

  async [Symbol.asyncDispose]() {
    await this.#git("worktree", "remove", "--force", this.root);
    await Deno.remove(this.root, { recursive: true }).catch(() => {});
  }

  #git(...args: string[]): Promise<string | undefined> {
    return output(["git", "-C", this.#repository, ...args]);
  }
}
