import { Card, Figure, Figures } from "../../components/Card";
import { Skeleton } from "../../components/Feedback";
import { formatCount } from "../../format";
import type { SocketStats } from "../../wire";

/** Who listens live, and how well they keep up. */
export function ConnectionsCard({ sockets }: { sockets: SocketStats | undefined }) {
  return (
    <Card title="Live connections" aside={sockets?.edges != null && edges(sockets.edges)}>
      {sockets ? (
        <Figures>
          <Figure
            label="Connected"
            value={formatCount(sockets.totalConnections ?? sockets.connections)}
            note={`${formatCount(sockets.connections)} on this edge`}
          />
          <Figure
            label="Messages sent"
            value={formatCount(sockets.messagesSent)}
            note="by this edge"
          />
          <Figure label="Resumed" value={formatCount(sockets.resumed)} note="after a loss" />
          <Figure
            label="Too slow"
            value={formatCount(sockets.slowDisconnects)}
            note={`closed; ${formatCount(sockets.stalledConnections)} stalled now`}
          />
        </Figures>
      ) : (
        <Skeleton lines={2} height={24} />
      )}
    </Card>
  );
}

function edges(count: number): string {
  return count === 1 ? "1 edge" : `${count} edges`;
}
