/**
 * A server for those who are invited, and people in front of its page.
 *
 * @module
 */
import type { Browser, BrowserContextOptions } from "playwright-core";
import { invitation, SECRET } from "../access/issuer.ts";
import { Program } from "../program.ts";
import { Person } from "./support.ts";

/** Starts the program for those who are invited. */
export const start = (...args: string[]): Promise<Program> =>
  Program.start(
    ["--auth", "secret", ...args],
    { PARLEY_SECRET: new TextDecoder().decode(SECRET) },
    ["--allow-env=PARLEY_SECRET"],
  );

/** The link that somebody is sent. */
export const link = async ({ url }: Program, claims: object, room = "dev"): Promise<string> =>
  `${url}?room=${room}#token=${await invitation(claims)}`;

/** Opens a window and follows a link into the chat. */
export async function follow(
  browser: Browser,
  address: string,
  name: string,
  options: BrowserContextOptions = {},
): Promise<Person> {
  const person = await Person.arrive(browser, name, options);
  await person.page.goto(address);
  await person.online();
  return person;
}
