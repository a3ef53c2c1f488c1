/// <reference lib="dom" />
// The browser test client: one WebSocket in the plain dialect, no library, no build step.

/** @type {<T extends HTMLElement>(id: string) => T} */
const $ = (id) => /** @type {any} */ (document.getElementById(id));
const entry = $("entry");
const composer = $("composer");
const content = /** @type {HTMLInputElement} */ ($("content"));
const username = /** @type {HTMLInputElement} */ ($("username"));
const room = /** @type {HTMLInputElement} */ ($("room"));
const messages = $("messages");

/** Codes after which connecting again would only repeat the refusal. */
const FINAL = new Set([4400, 4401, 4403, 4409]);
/** Messages kept on the page. */
const SHOWN = 500;

/** @type {WebSocket | undefined} */
let socket;
let wanted = false;
let attempt = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let retry;

function connect() {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const query = new URLSearchParams({ username: username.value, room: room.value });
  socket = new WebSocket(`${scheme}://${location.host}/ws?${query}`);
  show("Connecting …");
  socket.onopen = () => {
    attempt = 0;
    show(`Connected as ${username.value} in ${room.value}`);
    content.focus();
  };
  socket.onmessage = ({ data }) => receive(JSON.parse(data));
  socket.onclose = ({ code, reason }) => {
    socket = undefined;
    if (FINAL.has(code)) wanted = false;
    if (!wanted) return show(reason ? `Disconnected: ${reason}` : "Not connected");
    const wait = Math.random() * Math.min(20_000, 500 * 2 ** attempt++);
    show(`Connection lost; trying again in ${Math.ceil(wait / 1000)} s`);
    retry = setTimeout(connect, wait);
  };
}

/** @param {{type: string, username: string, content: string, timestamp: string}} message */
function receive(message) {
  const item = document.createElement("li");
  item.className = message.type;
  if (message.type === "chat") {
    item.classList.toggle("own", message.username === username.value.trim().normalize("NFKC"));
    const who = document.createElement("b");
    who.textContent = message.username;
    item.append(who);
  }
  const when = document.createElement("time");
  when.dateTime = message.timestamp;
  when.textContent = new Date(message.timestamp).toLocaleTimeString([], { timeStyle: "short" });
  item.append(message.content, when);
  const atEnd = messages.scrollHeight - messages.scrollTop - messages.clientHeight < 40;
  messages.append(item);
  while (messages.childElementCount > SHOWN) messages.firstElementChild?.remove();
  if (atEnd) messages.scrollTop = messages.scrollHeight;
  if (message.type !== "chat") refreshUsers();
}

async function refreshUsers() {
  const answer = await fetch(`/api/users?${new URLSearchParams({ room: room.value })}`);
  if (!answer.ok) return;
  /** @type {{users: {username: string}[]}} */
  const { users } = await answer.json();
  $("users").replaceChildren(...users.map((user) => {
    const item = document.createElement("li");
    item.textContent = user.username;
    return item;
  }));
}

/** @param {string} text */
function show(text) {
  $("status").textContent = text;
  const open = socket?.readyState === WebSocket.OPEN;
  for (const control of composer.querySelectorAll("input, button")) {
    /** @type {HTMLInputElement} */ (control).disabled = !open;
  }
  /** @type {HTMLElement} */ (entry.querySelector("button")).textContent = wanted
    ? "Disconnect"
    : "Connect";
}

entry.addEventListener("submit", (event) => {
  event.preventDefault();
  wanted = !wanted;
  clearTimeout(retry);
  if (wanted) connect();
  else if (socket) socket.close(1000);
  else show("Not connected");
});

composer.addEventListener("submit", (event) => {
  event.preventDefault();
  if (content.value.trim() === "") return;
  socket?.send(JSON.stringify({ type: "chat", content: content.value }));
  content.value = "";
});
