// Where the files of a room or of a conversation are asked for.

export const filesOf = (talk) => (talk.user ? `/api/conversations/${encodeURIComponent(talk.user)}/files` : `/api/rooms/${encodeURIComponent(talk.name)}/files`);
export const addressOf = (talk, { id }) => `${filesOf(talk)}/${encodeURIComponent(id)}`;
