import { LiveProvider, useSession } from "../live/context";
import { useSignal } from "../live/signal";
import { App } from "./App";
import { token } from "./credentials";
import { SignIn } from "./SignIn";

/** The application, for those who may see it. */
export function Root({ url }: { url?: string }) {
  const given = useSignal(token);
  return (
    <LiveProvider url={url} token={given ?? undefined}>
      <Gate />
    </LiveProvider>
  );
}

function Gate() {
  const { tokenWanted } = useSession();
  return useSignal(tokenWanted) ? <SignIn /> : <App />;
}
