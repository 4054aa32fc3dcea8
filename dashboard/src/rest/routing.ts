/** Routing over REST: channels, subscriptions, silences and what was sent. */
import type {
  AlertSubscription,
  AlertSubscriptionRequest,
  Channel,
  ChannelRequest,
  Delivery,
  HeldAlert,
  NewChannel,
  Silence,
  SilenceRequest,
} from "../wire";
import { type Endpoint, request } from "./client";

type Method = "POST" | "PUT" | "DELETE";

const MOST = 200;
const NEWEST = 30;

async function list<T>(endpoint: Endpoint, path: string, limit: number, signal?: AbortSignal) {
  const query = { limit };
  return (await request<{ data: T[] }>(endpoint, "GET", path, { query, signal })).data;
}

async function write<T>(endpoint: Endpoint, method: Method, path: string, body?: object) {
  return (await request<{ data: T }>(endpoint, method, path, { body })).data;
}

export function getChannels(endpoint: Endpoint, signal?: AbortSignal): Promise<Channel[]> {
  return list(endpoint, "/channels", MOST, signal);
}

export function makeChannel(endpoint: Endpoint, asked: ChannelRequest): Promise<NewChannel> {
  return write(endpoint, "POST", "/channels", asked);
}

export function deleteChannel(endpoint: Endpoint, id: string): Promise<Channel> {
  return write(endpoint, "DELETE", `/channels/${id}`);
}

/** Have a test sent; its delivery tells what comes of it. */
export function testChannel(endpoint: Endpoint, id: string): Promise<Delivery> {
  return write(endpoint, "POST", `/channels/${id}/test`);
}

export function getSubscriptions(
  endpoint: Endpoint,
  signal?: AbortSignal,
): Promise<AlertSubscription[]> {
  return list(endpoint, "/subscriptions", MOST, signal);
}

/** Make a subscription, or put `asked` in the place of the one with this id. */
export function saveSubscription(
  endpoint: Endpoint,
  asked: AlertSubscriptionRequest,
  id?: string,
): Promise<AlertSubscription> {
  return id === undefined
    ? write(endpoint, "POST", "/subscriptions", asked)
    : write(endpoint, "PUT", `/subscriptions/${id}`, asked);
}

export function deleteSubscription(endpoint: Endpoint, id: string): Promise<AlertSubscription> {
  return write(endpoint, "DELETE", `/subscriptions/${id}`);
}

export function getSilences(endpoint: Endpoint, signal?: AbortSignal): Promise<Silence[]> {
  return list(endpoint, "/silences", MOST, signal);
}

export function makeSilence(endpoint: Endpoint, asked: SilenceRequest): Promise<Silence> {
  return write(endpoint, "POST", "/silences", asked);
}

export function endSilence(endpoint: Endpoint, id: string): Promise<Silence> {
  return write(endpoint, "DELETE", `/silences/${id}`);
}

export function getDeliveries(endpoint: Endpoint, signal?: AbortSignal): Promise<Delivery[]> {
  return list(endpoint, "/deliveries", NEWEST, signal);
}

export function retryDelivery(endpoint: Endpoint, id: string): Promise<Delivery> {
  return write(endpoint, "POST", `/deliveries/${id}/retry`);
}

/** What is held back just now, and why. */
export async function getHeld(endpoint: Endpoint, signal?: AbortSignal): Promise<HeldAlert[]> {
  return (await request<{ data: HeldAlert[] }>(endpoint, "GET", "/deliveries/held", { signal }))
    .data;
}
