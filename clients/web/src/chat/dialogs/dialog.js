// The one dialog that may be open: {kind, …what it is about}.

import { signal } from "@preact/signals";

export const dialog = signal(null);

export const openDialog = (kind, about = {}) => (dialog.value = { kind, ...about });
export const closeDialog = () => (dialog.value = null);
