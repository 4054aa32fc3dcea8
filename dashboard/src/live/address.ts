/** Where the edge is. */

const SOCKET_PATH = "/ws/quality";
const REST_PATH = "/api/quality/realtime";

/** Address of the WebSocket: as given (a path, http(s) or ws(s)), or of this page's own edge. */
export function socketAddress(url: string | undefined): string {
  const address = new URL(url ?? SOCKET_PATH, window.location.href);
  address.protocol = address.protocol.replace(/^http/, "ws");
  return address.href;
}

/** Address of the REST root of the edge whose socket is at `socket`. */
export function restAddress(socket: string): string {
  const address = new URL(socket);
  address.protocol = address.protocol.replace(/^ws/, "http");
  address.search = "";
  const prefix = address.pathname.endsWith(SOCKET_PATH)
    ? address.pathname.slice(0, -SOCKET_PATH.length)
    : "";
  address.pathname = prefix + REST_PATH;
  return address.href;
}
