import { SlidersHorizontal } from "lucide-react";
import { useId, useState } from "react";
import { SeverityBadge } from "../components/Badge";
import { Button } from "../components/Button";
import { SearchField, Segments, Select } from "../components/Field";
import { formatCount } from "../format";
import { ALERT_TYPE_LABEL, ALERT_TYPES, SEVERITIES } from "../quality";
import type { AlertType, Severity } from "../wire";
import styles from "./AlertFilters.module.css";
import { type AlertFilter, isFiltered, NO_FILTER, VIEWS } from "./alertFilter";

interface AlertFiltersProps {
  filter: AlertFilter;
  onChange: (filter: AlertFilter) => void;
  /** Active alerts by severity, where known. */
  counts?: Partial<Record<Severity, number>>;
}

const TYPES = [
  { value: "", label: "All types" },
  ...ALERT_TYPES.map((type) => ({ value: type, label: ALERT_TYPE_LABEL[type] })),
] as const;

/** What the list shows. On narrow screens all but status and search is folded away. */
export function AlertFilters({ filter, onChange, counts }: AlertFiltersProps) {
  const [unfolded, setUnfolded] = useState(false);
  const id = useId();
  const change = (part: Partial<AlertFilter>) => onChange({ ...filter, ...part });
  return (
    <div className={styles.filters}>
      <Segments
        label="Status"
        value={filter.view}
        choices={VIEWS}
        onChange={(view) => change({ view })}
      />
      <div className={styles.search}>
        <SearchField
          label="Search alerts"
          placeholder="Search alerts"
          value={filter.text}
          onChange={(text) => change({ text })}
        />
        <Button
          className={styles.fold}
          icon={<SlidersHorizontal aria-hidden />}
          aria-expanded={unfolded}
          aria-controls={id}
          onClick={() => setUnfolded(!unfolded)}
        >
          Filters
        </Button>
      </div>
      <div id={id} className={`${styles.more} ${unfolded ? styles.unfolded : ""}`}>
        <Severities
          chosen={filter.severities}
          counts={counts}
          onChange={(severities) => change({ severities })}
        />
        <Select<AlertType | "">
          label="Type"
          value={filter.type}
          choices={TYPES}
          onChange={(type) => change({ type })}
        />
        <SearchField
          label="Asset id or pattern"
          placeholder="Asset, e.g. warehouse.*"
          value={filter.asset}
          onChange={(asset) => change({ asset })}
        />
        {isFiltered(filter) && (
          <Button look="quiet" onClick={() => onChange({ ...NO_FILTER, view: filter.view })}>
            Clear filters
          </Button>
        )}
      </div>
    </div>
  );
}

interface SeveritiesProps {
  /** None means all. */
  chosen: readonly Severity[];
  counts: AlertFiltersProps["counts"];
  onChange: (severities: Severity[]) => void;
}

function Severities({ chosen, counts, onChange }: SeveritiesProps) {
  const toggle = (severity: Severity) =>
    chosen.includes(severity)
      ? chosen.filter((one) => one !== severity)
      : SEVERITIES.filter((one) => one === severity || chosen.includes(one));
  return (
    <fieldset className={styles.severities}>
      <legend>Severity</legend>
      {SEVERITIES.map((severity) => (
        <button
          key={severity}
          type="button"
          aria-pressed={chosen.includes(severity)}
          onClick={() => onChange(toggle(severity))}
        >
          <SeverityBadge severity={severity} />
          {counts?.[severity] !== undefined && <span>{formatCount(counts[severity])}</span>}
        </button>
      ))}
    </fieldset>
  );
}
