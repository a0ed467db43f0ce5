// The state of a room in one word, with a colour that repeats what the word says.

const KIND_OF_STATE = { awake: "good", hibernating: "", asleep: "quiet", quarantined: "warn", set_aside: "bad" };
export const STATE_WORDS = { awake: "Awake", hibernating: "Hibernating", asleep: "On disk", quarantined: "Quarantined", set_aside: "Set aside" };
const MEANINGS = {
  awake: "Its file is open and its turns run",
  hibernating: "Sockets are open, nothing else is in memory",
  asleep: "Nothing of it is in memory",
  quarantined: "It failed too often and is left alone for a while",
  set_aside: "Its file is damaged; somebody has to look at it",
};

export const StateChip = ({ state }) => <span class={`chip state ${KIND_OF_STATE[state]}`} title={MEANINGS[state]}>{STATE_WORDS[state]}</span>;
