/** The client of a rooms server. `README.md` tells what is promised. */

export type Format = "json" | "msgpack";
export type Off = () => void;

/** A message as the protocol has it, in its present state. */
export interface Message {
  id: string;
  seq: number;
  changed: number;
  room?: string;
  to?: string;
  from: string;
  name: string;
  message: string;
  time: string;
  cid?: string;
  reply_to?: string;
  mentions?: string[];
  files?: string[];
  attachments?: { id: string; name: string; type: string; size: number; width?: number; height?: number }[];
  meta?: Record<string, unknown>;
  edited?: boolean;
  deleted?: boolean;
  pinned?: boolean;
  reactions?: Record<string, string[]>;
  /** Of events after a reconnect: it was said while this client was away. */
  recovered?: boolean;
}
export interface KeptMessage extends Message {
  readonly state: "sent";
}
export interface PendingMessage {
  readonly cid: string;
  readonly from?: string;
  readonly name?: string;
  readonly message: string;
  readonly time: string;
  readonly reply_to?: string;
  readonly mentions?: string[];
  readonly files?: string[];
  readonly meta?: Record<string, unknown>;
  readonly state: "sending" | "failed" | "sent";
  readonly error?: RoomsError;
}
export interface Sent {
  id: string;
  seq: number;
  cid: string;
}
export interface User {
  user: string;
  name: string;
  avatar?: string | null;
}
export interface Member extends User {
  meta?: Record<string, unknown>;
  connections?: number;
  since?: string;
}
export interface Page {
  room?: string;
  messages: Message[];
  head: number;
  epoch: string;
  more: boolean;
  recovered?: boolean;
}
export interface Hello {
  session: string;
  user: User;
  authorizedRooms: string[];
  stats: Stats;
  protocol: string;
  limits: Record<string, number>;
  online?: (string | User)[];
  conversations?: KnownConversation[];
}
export interface KnownConversation {
  with: string;
  unread: number;
  head: number;
  last?: Message;
  blocked?: boolean;
}
export type Stats = Record<string, { online: number }>;
export interface Envelope<D = any> {
  type: string;
  data: D;
  tz?: string;
  ref?: string | number;
}
export interface SendOptions {
  reply_to?: string;
  mentions?: string[];
  files?: string[];
  meta?: Record<string, unknown>;
  cid?: string;
}
export interface JoinOptions {
  name?: string;
  meta?: Record<string, unknown>;
  limit?: number;
  /** Leave the other rooms once this one has let us in. */
  switch?: boolean;
}
export interface HistoryRange {
  before?: number;
  after?: number;
  since?: number;
  epoch?: string;
  thread?: string;
  pinned?: boolean;
  limit?: number;
}
export interface SearchResults {
  messages: (Message & { snippet?: string })[];
  cursor?: string;
}
export interface Members {
  room?: string;
  online: number;
  users: Member[];
  more?: boolean;
}

export type TokenReason = "connect" | "expiring" | "refused";
export interface WebSocketLike {
  binaryType: string;
  readonly readyState: number;
  onopen: any;
  onmessage: any;
  onerror: any;
  onclose: any;
  send(data: any): void;
  close(code?: number, reason?: string): void;
}
export interface ClientOptions {
  /** A token, or what makes one: asked for each connection, before expiry, and after a refusal. */
  token?: string | ((asked: { reason: TokenReason }) => string | null | Promise<string | null>) | null;
  /** Makes a single-use ticket (`POST /api/tickets`); asked for each connection. */
  ticket?: (() => string | Promise<string>) | null;
  /** Who we are where guests are let in; `key` makes us the same guest each time. */
  guest?: { name?: string; key?: string } | null;
  format?: Format;
  WebSocket?: new (url: string, protocols?: string[]) => WebSocketLike;
  queueMax?: number;
  inFlightMax?: number;
  messagesMax?: number;
  requestTimeoutMs?: number;
  heartbeatMs?: number;
  connectTimeoutMs?: number;
  backoffMinMs?: number;
  backoffMaxMs?: number;
  now?: () => number;
  random?: () => number;
  setTimeout?: (act: () => void, ms: number) => any;
  clearTimeout?: (timer: any) => void;
}

export interface StateChange<S> {
  state: S;
  error: RoomsError | null;
  retryAt: number | null;
}
export type Changed = "messages" | "pending" | "users" | "typing" | "about" | "reads" | "state";

export interface TalkEvents {
  message: Message;
  edited: { id: string; seq: number; message: string };
  deleted: { id: string; seq: number };
  reacted: { id: string; seq: number; emoji: string; users: string[] };
  typing: { user: string; name: string; typing: boolean };
  read: { user: string; seq: number };
  reset: { messages: KeptMessage[] };
  change: { what: Changed };
}
export interface RoomEvents extends TalkEvents {
  pinned: { room: string; id: string; seq: number; on: boolean };
  room: { room: string; seq: number; title: string; topic: string; history_days?: number; user?: string; role?: string };
  joined: { room: string; session: string; user: string; name: string; meta?: Record<string, unknown> };
  left: { room: string; session: string; user: string; reason: string };
  event: { room: string; user: string; name: string; data: any };
  kicked: { room: string; by: string; reason: string | null; seconds: number | null };
  destroyed: { room: string };
  error: { code: string; message: string };
  state: StateChange<RoomState>;
}
export interface ConversationEvents extends TalkEvents {
  blocked: { with: string; on: boolean };
  private: Message;
}
export interface ClientEvents {
  "*": Envelope;
  state: StateChange<ClientState>;
  change: { room?: Room; conversation?: Conversation; what: Changed[] };
  conversations: Map<string, Conversation>;
  hello: Hello;
  stats: Stats;
  online: User;
  offline: User;
  message: Message;
  private: Message;
  expiring: { at: string };
  closing: { reconnect_ms: number };
  error: { code: string; message: string; room?: string; cid?: string; retry_after_ms?: number };
}

declare class Emitter<Events> {
  on<T extends keyof Events & string>(type: T, handler: (data: Events[T], envelope?: Envelope) => void): Off;
  on(type: string, handler: (data: any, envelope?: Envelope) => void): Off;
}

declare class Talk<Events extends TalkEvents> extends Emitter<Events> {
  readonly messages: readonly KeptMessage[];
  readonly pending: readonly PendingMessage[];
  readonly timeline: (KeptMessage | PendingMessage)[];
  readonly hasEarlier: boolean;
  readonly pinned: Map<string, KeptMessage>;
  readonly typing: Map<string, string>;
  readonly reads: Map<string, number>;
  readonly head: number;
  readonly epoch: string | null;
  readonly lastRead: number;
  readonly unread: number;
  get(id: string): KeptMessage | undefined;
  send(text: string, options?: SendOptions): Promise<Sent>;
  retry(cid: string): Promise<Sent>;
  discard(cid: string): void;
  edit(id: string, text: string): Promise<unknown>;
  delete(id: string): Promise<unknown>;
  react(id: string, emoji: string, on?: boolean): Promise<unknown>;
  read(seq?: number): Promise<unknown>;
  earlier(limit?: number): Promise<Message[]>;
  history(range?: HistoryRange): Promise<Page>;
  setTyping(on?: boolean): void;
}

export type RoomState = "idle" | "joining" | "joined" | "waiting" | "left" | "ended";

export class Room extends Talk<RoomEvents> {
  private constructor();
  readonly name: string;
  readonly state: RoomState;
  readonly error: RoomsError | null;
  readonly retryAt: number | null;
  readonly title: string | null;
  readonly topic: string | null;
  readonly role: string | null;
  readonly online: number;
  readonly users: Map<string, Member>;
  join(options?: JoinOptions): Promise<Room>;
  leave(): Promise<void>;
  pin(id: string, on?: boolean): Promise<unknown>;
  search(query: string, options?: { cursor?: string; limit?: number }): Promise<SearchResults>;
  who(query?: { query?: string; limit?: number }): Promise<Members>;
  event(name: string, data: unknown): void;
  kick(user: string, facts?: { reason?: string; seconds?: number }): Promise<unknown>;
  ban(user: string, facts?: { reason?: string; seconds?: number }): Promise<unknown>;
  mute(user: string, facts?: { reason?: string; seconds?: number }): Promise<unknown>;
  unban(user: string): Promise<unknown>;
  unmute(user: string): Promise<unknown>;
  setRole(user: string, role: "moderator" | "member"): Promise<unknown>;
  set(facts: { title?: string; topic?: string; history_days?: number }): Promise<unknown>;
}

export class Conversation extends Talk<ConversationEvents> {
  private constructor();
  readonly user: string;
  /** How it stands as the list of conversations shows it. */
  readonly known: { unread: number; head: number; last: Message | null; blocked: boolean };
  /** The newest message, as far as anything is known of the conversation. */
  readonly last: Message | null;
  open(limit?: number): Promise<Conversation>;
}

export type ClientState = "idle" | "connecting" | "open" | "waiting" | "closed";

export class RoomsClient extends Emitter<ClientEvents> {
  constructor(url: string, options?: ClientOptions);
  readonly state: ClientState;
  readonly error: RoomsError | null;
  readonly retryAt: number | null;
  readonly user: User | null;
  readonly session: string | null;
  readonly limits: Record<string, number>;
  readonly authorizedRooms: string[];
  readonly stats: Stats;
  readonly online: Map<string, User>;
  readonly rooms: Map<string, Room>;
  readonly conversations: Map<string, Conversation>;
  readonly pendingCount: number;
  connect(): Promise<Hello>;
  close(): Promise<void>;
  retryNow(): void;
  refresh(): Promise<Hello | null>;
  room(name: string): Room;
  join(name: string, options?: JoinOptions): Promise<Room>;
  private(user: string): Conversation;
  who(query?: { query?: string; limit?: number }): Promise<Members>;
  block(user: string, on?: boolean): Promise<unknown>;
  request(type: string, data?: Record<string, unknown>, options?: { timeoutMs?: number; retry?: boolean }): Promise<any>;
}

export class RoomsError extends Error {
  constructor(code: string, message?: string, facts?: Record<string, unknown>);
  readonly code: string;
  readonly retryAfterMs?: number;
  readonly closeCode?: number;
  readonly room?: string;
  readonly cid?: string;
}

export function encode(value: unknown): Uint8Array;
export function decode(bytes: Uint8Array): any;
