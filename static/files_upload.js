// One file on its way to the server, piece by piece. A connection that breaks costs one piece: the
// server is asked how much it has, and the upload goes on from there.
import { newKey } from "./app_key.js";
import { send } from "./app_server.js";
import { say } from "./app_words.js";

const SMALLEST = 1 << 17; // bytes of the first piece, and after a failure
const LARGEST = 1 << 20; // as the server takes it
const QUICK_MS = 1500; // a piece that took no longer may be followed by one of twice the size
const TRIES = 5;
const PAUSE_MS = 1000; // twice as long each time
// What passes by itself, or when it is asked again how far the upload is.
const PASSING = ["offline", "server_silent", "unavailable", "database_unreachable", "upload_out_of_step"];

export class Upload {
  /** `tell(state, percent)`: "uploading", "broken" or "until_online". */
  constructor(address, file, tell) {
    Object.assign(this, { address, file, tell, sent: 0, piece: SMALLEST, isStopped: false });
    this.key = newKey();
  }

  /**
   * Resolves with whether the server has the file (else it was stopped); rejects with what does not
   * pass by itself. Then it may run again, and goes on where it was.
   */
  async run() {
    let failures = 0;
    while (!this.isStopped) {
      const before = this.sent;
      try {
        return await this.attempt();
      } catch (error) {
        failures = this.sent > before ? 1 : failures + 1;
        if (this.isStopped) break;
        if (!PASSING.includes(error.code) || failures > TRIES) throw error;
        this.piece = SMALLEST;
        await this.pause(PAUSE_MS * 2 ** (failures - 1));
      }
    }
    return false;
  }

  /** What is on the server goes away; where this does not arrive, it does so after a day. */
  stop() {
    this.isStopped = true;
    if (this.wake) this.wake();
    return send(`${this.address}/${this.key}`, {}, "DELETE");
  }

  async attempt() {
    const { key, file: { name, size } } = this;
    let answer = await send(this.address, { key, name, size });
    while (!answer.file && !this.isStopped) {
      this.sent = answer.offset;
      this.tell("uploading", this.percent());
      answer = await this.sendPiece();
    }
    return Boolean(answer.file);
  }

  async sendPiece() {
    const { address, key, sent } = this;
    const bytes = await read(this.file.slice(sent, sent + this.piece));
    const began = Date.now();
    const answer = await send(`${address}/${key}/${sent}`, bytes, "PUT");
    if (Date.now() - began < QUICK_MS) this.piece = Math.min(LARGEST, this.piece * 2);
    return answer;
  }

  /** Waits a while, or until the device is connected again. */
  pause(milliseconds) {
    const isOffline = navigator.onLine === false;
    this.tell(isOffline ? "until_online" : "broken", this.percent());
    return new Promise((resolve) => {
      this.wake = () => {
        window.removeEventListener("online", this.wake);
        resolve();
      };
      window.addEventListener("online", this.wake);
      if (!isOffline) setTimeout(this.wake, milliseconds);
    });
  }

  percent() {
    return Math.floor((100 * this.sent) / this.file.size);
  }
}

/** Its bytes; what was chosen may have been moved or deleted since. */
function read(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(Object.assign(new Error(say("files_unreadable")), { code: "unreadable" }));
    reader.readAsArrayBuffer(blob);
  });
}
