import { TrendingDown } from "lucide-react";
import { useMemo, useState } from "react";
import { RANGES, type RangeName } from "../charts/range";
import { Card } from "../components/Card";
import { Segments } from "../components/Field";
import { ExportButtons } from "../export/ExportButtons";
import type { Column } from "../export/table";
import { useFollow } from "../live/useFollow";
import {
  CHART_VIEWS,
  type ChartView,
  type ExportedRow,
  exportedRows,
  VIEW_METRICS,
} from "./chartRows";
import { HistoryChart } from "./HistoryChart";
import styles from "./QualityMetricsChart.module.css";
import { useForecast } from "./useForecast";
import { useHistory } from "./useHistory";

interface QualityMetricsChartProps {
  assetId: string;
  title?: string;
  initialRange?: RangeName;
}

const COLUMNS: readonly Column<ExportedRow>[] = [
  { name: "timestamp", value: (row) => new Date(row.time * 1000).toISOString() },
  { name: "metricType", value: (row) => row.metric },
  { name: "value", value: (row) => row.value },
  { name: "lowest", value: (row) => row.low },
  { name: "highest", value: (row) => row.high },
];

/** An asset's score, issues or dimensions over time, live, and what is forecast of them. */
export function QualityMetricsChart(props: QualityMetricsChartProps) {
  const { assetId, title = "Over time", initialRange = "24h" } = props;
  const [view, setView] = useState<ChartView>("score");
  const [range, setRange] = useState(initialRange);
  const follower = useFollow(useMemo(() => [assetId], [assetId]));
  const history = useHistory(assetId, VIEW_METRICS[view], range, follower);
  const forecast = useForecast(assetId, view);

  return (
    <Card
      title={title}
      aside={
        <ExportButtons
          name={`${assetId}-${view}`}
          columns={COLUMNS}
          rows={() => exportedRows(view, history.metrics)}
        />
      }
    >
      <div className={styles.controls}>
        <Segments label="Show" value={view} choices={CHART_VIEWS} onChange={setView} />
        <Segments label="Range" value={range} choices={RANGES} onChange={setRange} />
      </div>
      {forecast?.breach && (
        <p className={styles.breach}>
          <TrendingDown aria-hidden />
          {forecast.breach.message}
        </p>
      )}
      <HistoryChart
        key={`${view} ${range}`}
        label={`${view} of ${assetId}, last ${range}`}
        view={view}
        range={range}
        history={history}
        forecast={forecast}
      />
    </Card>
  );
}
