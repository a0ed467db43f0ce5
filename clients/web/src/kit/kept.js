// What this browser remembers, as JSON under "rooms.…". A browser that forbids storage forgets with the page.

const memory = new Map();

export const kept = {
  get(name) {
    try {
      const text = localStorage.getItem(`rooms.${name}`);
      return text === null ? null : JSON.parse(text);
    } catch {
      return memory.get(name) ?? null;
    }
  },
  set(name, value) {
    memory.set(name, value);
    try {
      if (value === null) localStorage.removeItem(`rooms.${name}`);
      else localStorage.setItem(`rooms.${name}`, JSON.stringify(value));
    } catch {
      // remembered until the page goes
    }
  },
};
