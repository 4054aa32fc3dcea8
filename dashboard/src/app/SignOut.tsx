import { LogOut } from "lucide-react";
import { IconButton } from "../components/Button";
import { useSignal } from "../live/signal";
import { signOut, token } from "./credentials";

/** There for those who have signed in. */
export function SignOut() {
  if (useSignal(token) === null) return null;
  return (
    <IconButton label="Sign out" onClick={signOut}>
      <LogOut aria-hidden />
    </IconButton>
  );
}
