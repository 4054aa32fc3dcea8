import { useEffect, useState } from "react";
import type { Kind } from "../wire";
import { useSession } from "./context";
import { ALL, Follower } from "./follower";

const ALL_ASSETS: readonly string[] = [ALL];

/** Follow assets (ids or globs; default all) for as long as the component is there. */
export function useFollow(
  patterns: readonly string[] = ALL_ASSETS,
  kinds?: readonly Kind[],
): Follower {
  const session = useSession();
  const key = JSON.stringify(patterns);
  const [follower] = useState(() => new Follower(patterns, kinds));
  useEffect(() => follower.follow(JSON.parse(key)), [follower, key]);
  useEffect(() => session.hold(), [session]);
  useEffect(() => session.follow(follower), [session, follower]);
  return follower;
}
