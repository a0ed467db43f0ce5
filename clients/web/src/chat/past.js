// A window on earlier messages, far from those that are loaded: what one sees after jumping to a search result.

import { signal } from "@preact/signals";

const PAGE = 40;
const KEPT_MAX = 2_000; // messages, as one scrolls on; those at the other end are forgotten

export const past = signal(null); // Past of the room that is open, or null: the present

export class Past {
  constructor(talk) {
    Object.assign(this, { talk, messages: [], hasEarlier: true, hasLater: true, loading: false, revision: signal(0) });
  }

  get timeline() { return this.messages; }

  // The messages around `seq`.
  async open(seq) {
    const [before, after] = await Promise.all([
      this.talk.history({ before: seq + 1, limit: PAGE }),
      this.talk.history({ after: seq, limit: PAGE }),
    ]);
    this.messages = [...before.messages, ...after.messages];
    [this.hasEarlier, this.hasLater] = [before.more, after.more];
    const update = (data) => this.changed(data);
    this.off = ["edited", "deleted", "reacted", "pinned"].map((type) => this.talk.on(type, update));
    return this;
  }

  close() {
    for (const off of this.off ?? []) off();
  }

  earlier() {
    return this.load(this.hasEarlier, { before: this.messages[0]?.seq }, ({ messages, more }) => {
      this.messages = [...messages, ...this.messages];
      this.hasEarlier = more;
      this.hasLater ||= this.messages.length > KEPT_MAX;
      this.messages.length = Math.min(this.messages.length, KEPT_MAX);
    });
  }

  later() {
    return this.load(this.hasLater, { after: this.messages.at(-1)?.seq }, ({ messages, more }) => {
      const all = [...this.messages, ...messages];
      this.messages = all.slice(-KEPT_MAX);
      this.hasEarlier ||= all.length > KEPT_MAX;
      this.hasLater = more;
    });
  }

  async load(isThereMore, range, take) {
    if (!isThereMore || this.loading) return;
    this.loading = true;
    try {
      take(await this.talk.history({ ...range, limit: PAGE }));
      this.revision.value++;
    } finally {
      this.loading = false;
    }
  }

  // An event about one of them: ask for it as it is now.
  async changed({ id }) {
    const message = this.messages.find((one) => one.id === id);
    if (!message) return;
    const { messages } = await this.talk.history({ before: message.seq + 1, limit: 1 });
    this.messages = this.messages.map((one) => messages.find(({ id }) => id === one.id) ?? one);
    this.revision.value++;
  }
}
