/** Routing over REST: channels, subscriptions, silences and what was sent. */
import type {
  AlertSubscription,
  AlertSubscriptionRequest,
  Channel,
  ChannelRequest,
  Delivery,
  HeldAlert,
  MaintenanceRequest,
  MaintenanceWindow,
  NewChannel,
  Owner,
  OwnerRequest,
  Silence,
  SilenceRequest,
} from "../wire";
import { type Endpoint, request } from "./client";

type Method = "POST" | "PUT" | "DELETE";

const MOST = 200;
const MOST_OWNERS = 1_000;
const NEWEST = 30;

async function list<T>(endpoint: Endpoint, path: string, limit: number, signal?: AbortSignal) {
  const query = { limit };
  return (await request<{ data: T[] }>(endpoint, "GET", path, { query, signal })).data;
}

async function write<T>(endpoint: Endpoint, method: Method, path: string, body?: object) {
  return (await request<{ data: T }>(endpoint, method, path, { body })).data;
}

/** Make one, or put `asked` in the place of the one with this id. */
function save<T>(endpoint: Endpoint, path: string, asked: object, id?: string): Promise<T> {
  return id === undefined
    ? write(endpoint, "POST", path, asked)
    : write(endpoint, "PUT", `${path}/${id}`, asked);
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

export function saveSubscription(
  endpoint: Endpoint,
  asked: AlertSubscriptionRequest,
  id?: string,
): Promise<AlertSubscription> {
  return save(endpoint, "/subscriptions", asked, id);
}

export function deleteSubscription(endpoint: Endpoint, id: string): Promise<AlertSubscription> {
  return write(endpoint, "DELETE", `/subscriptions/${id}`);
}

export function getSilences(endpoint: Endpoint, signal?: AbortSignal): Promise<Silence[]> {
  return list(endpoint, "/silences", MOST, signal);
}

export function saveSilence(
  endpoint: Endpoint,
  asked: SilenceRequest,
  id?: string,
): Promise<Silence> {
  return save(endpoint, "/silences", asked, id);
}

export function endSilence(endpoint: Endpoint, id: string): Promise<Silence> {
  return write(endpoint, "DELETE", `/silences/${id}`);
}

export function getWindows(endpoint: Endpoint, signal?: AbortSignal): Promise<MaintenanceWindow[]> {
  return list(endpoint, "/maintenance", MOST, signal);
}

export function saveWindow(
  endpoint: Endpoint,
  asked: MaintenanceRequest,
  id?: string,
): Promise<MaintenanceWindow> {
  return save(endpoint, "/maintenance", asked, id);
}

export function deleteWindow(endpoint: Endpoint, id: string): Promise<MaintenanceWindow> {
  return write(endpoint, "DELETE", `/maintenance/${id}`);
}

/** Every pattern with an owner that the caller may see, up to a thousand. */
export function getOwners(endpoint: Endpoint, signal?: AbortSignal): Promise<Owner[]> {
  return list(endpoint, "/owners", MOST_OWNERS, signal);
}

export function saveOwner(endpoint: Endpoint, asked: OwnerRequest, id?: string): Promise<Owner> {
  return save(endpoint, "/owners", asked, id);
}

export function deleteOwner(endpoint: Endpoint, id: string): Promise<Owner> {
  return write(endpoint, "DELETE", `/owners/${id}`);
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
