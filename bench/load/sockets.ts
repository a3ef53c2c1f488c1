/**
 * TCP sockets and epoll straight from the C library. A promise per read costs several microseconds,
 * about as much as a server's write; a plain `recv` costs one. A load generator that is to be
 * cheaper than every server it measures therefore makes its own system calls. Linux only.
 *
 * @module
 */

const libc = Deno.dlopen("libc.so.6", {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  send: { parameters: ["i32", "buffer", "usize", "i32"], result: "i32" },
  recv: { parameters: ["i32", "buffer", "usize", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  epoll_create1: { parameters: ["i32"], result: "i32" },
  epoll_ctl: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  epoll_wait: { parameters: ["i32", "buffer", "i32", "i32"], result: "i32" },
});
const { symbols } = libc;

const AF_INET = 2;
const SOCK_STREAM = 1;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_LINGER = 13;
const SO_RCVLOWAT = 18;
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const TCP_MAXSEG = 2;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLLIN = 1;

/** How a socket differs from a plain loopback one. */
export interface SocketShape {
  /** Bytes the kernel may hold unread; default: the system's. */
  receiveBuffer?: number;
  /** Bytes per segment: 1460 makes the loopback behave like an Ethernet, small buffers included. */
  segment?: number;
}

function setOption(fd: number, level: number, name: number, ...values: number[]) {
  const value = new Uint8Array(new Int32Array(values).buffer);
  if (symbols.setsockopt(fd, level, name, value, value.length) !== 0) {
    throw new Error(`Cannot set socket option ${level}/${name}: setsockopt failed`);
  }
}

/**
 * Connects to a port of 127.0.0.1 and returns the file descriptor.
 *
 * @throws {Error} when the connection is refused
 */
export function dial(port: number, { receiveBuffer, segment }: SocketShape = {}): number {
  const fd = symbols.socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0) throw new Error("Cannot open a socket: too many open files? (see ulimit -n)");
  setOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  if (receiveBuffer) setOption(fd, SOL_SOCKET, SO_RCVBUF, receiveBuffer);
  if (segment) setOption(fd, IPPROTO_TCP, TCP_MAXSEG, segment);
  const address = new Uint8Array(16);
  new DataView(address.buffer).setUint16(0, AF_INET, true);
  address.set([port >> 8, port & 255, 127, 0, 0, 1], 2);
  if (symbols.connect(fd, address, address.length) !== 0) {
    symbols.close(fd);
    throw new Error(`Cannot connect to 127.0.0.1:${port}: connection refused`);
  }
  return fd;
}

/** Has a socket count as readable only from so many bytes on. */
export function setGulp(fd: number, bytes: number) {
  setOption(fd, SOL_SOCKET, SO_RCVLOWAT, bytes);
}

/**
 * Sends all of `bytes`; false when the connection has ended or the server has long not read.
 *
 * @throws {Error} when the kernel takes only a part: what follows would make no sense to the server
 */
export function send(fd: number, bytes: Uint8Array<ArrayBuffer>): boolean {
  const sent = symbols.send(fd, bytes, BigInt(bytes.length), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent > 0 && sent < bytes.length) {
    throw new Error("Cannot send a whole frame: the server does not read");
  }
  return sent > 0;
}

/** Closes at once with a reset: no thousands of ports in TIME_WAIT after a run. */
export function hangUp(fd: number) {
  setOption(fd, SOL_SOCKET, SO_LINGER, 1, 0);
  symbols.close(fd);
}

/** Memory that is received into, again and again: small enough to stay in a core's cache. */
export class ReceiveBuffer {
  readonly bytes: Uint8Array<ArrayBuffer>;

  /** @param size in bytes */
  constructor(size: number = 256 * 1024) {
    this.bytes = new Uint8Array(size);
  }

  /** Receives behind `offset` what is there; 0: the peer has ended; below 0: broken, or nothing there. */
  receive(fd: number, offset: number): number {
    const room = offset === 0 ? this.bytes : this.bytes.subarray(offset);
    return symbols.recv(fd, room, BigInt(room.length), MSG_DONTWAIT);
  }
}

/**
 * Waits for any of many sockets to become readable, without going to sleep unless it is told to. To wake a sleeper on
 * another core costs a virtual machine several microseconds, and on loopback it is the server that
 * pays, for every frame: real clients are elsewhere, and cost it nothing of the kind.
 */
export class Poller {
  /** Sockets that one {@linkcode wait} serves at most. */
  static readonly AT_ONCE = 256;
  #epoll = symbols.epoll_create1(0);
  // The kernel packs struct epoll_event on x86-64 only.
  #stride = Deno.build.arch === "x86_64" ? 12 : 16;
  #events = new Uint8Array(Poller.AT_ONCE * this.#stride);
  #view = new DataView(this.#events.buffer);
  #idle = 0;
  #sleeps: boolean;

  /** @param sleeps leave the core to others while it waits? */
  constructor(sleeps: boolean = false) {
    this.#sleeps = sleeps;
  }

  /** Milliseconds of CPU time that were waited in vain until now. */
  get idle(): number {
    return this.#idle;
  }

  /** Watches a socket; {@linkcode wait} reports it as `token`. */
  add(fd: number, token: number) {
    const event = new Uint8Array(this.#stride);
    const view = new DataView(event.buffer);
    view.setUint32(0, EPOLLIN, true);
    view.setUint32(this.#stride - 8, token, true);
    if (symbols.epoll_ctl(this.#epoll, EPOLL_CTL_ADD, fd, event) !== 0) {
      throw new Error("Cannot watch a socket: epoll_ctl failed");
    }
  }

  /** Watches a socket no longer. */
  remove(fd: number) {
    symbols.epoll_ctl(this.#epoll, EPOLL_CTL_DEL, fd, new Uint8Array(this.#stride));
  }

  /** Waits at most `milliseconds` and calls `ready` for every socket that can be read. */
  wait(milliseconds: number, ready: (token: number) => void) {
    const begin = performance.now();
    let waited = 0;
    let count: number;
    const nap = this.#sleeps ? 1 : 0;
    while ((count = symbols.epoll_wait(this.#epoll, this.#events, Poller.AT_ONCE, nap)) <= 0) {
      waited = performance.now() - begin;
      if (waited >= milliseconds) break;
    }
    if (!this.#sleeps) this.#idle += waited;
    for (let i = 0; i < count; i++) {
      ready(this.#view.getUint32(i * this.#stride + this.#stride - 8, true));
    }
  }

  /** Lets go of the kernel's part. */
  close() {
    symbols.close(this.#epoll);
  }
}
