import type { RefObject } from "react";
import { SeverityBadge } from "../components/Badge";
import { Button } from "../components/Button";
import { SearchField, Segments, Select } from "../components/Field";
import { ALERT_TYPE_LABEL, ALERT_TYPES, SEVERITIES } from "../quality";
import type { AlertType, Severity } from "../wire";
import styles from "./AlertFilters.module.css";
import { type AlertFilter, isFiltered, NO_FILTER, VIEWS } from "./alertFilter";

interface AlertFiltersProps {
  filter: AlertFilter;
  onChange: (filter: AlertFilter) => void;
  searchRef?: RefObject<HTMLInputElement | null>;
  /** Open alerts by severity, where known. */
  counts?: Partial<Record<Severity, number>>;
}

const TYPES = [
  { value: "", label: "All types" },
  ...ALERT_TYPES.map((type) => ({ value: type, label: ALERT_TYPE_LABEL[type] })),
] as const;

export function AlertFilters({ filter, onChange, searchRef, counts }: AlertFiltersProps) {
  const change = (part: Partial<AlertFilter>) => onChange({ ...filter, ...part });
  const toggle = (severity: Severity) =>
    change({
      severities: filter.severities.includes(severity)
        ? filter.severities.filter((chosen) => chosen !== severity)
        : [...filter.severities, severity],
    });

  return (
    <div className={styles.filters}>
      <Segments
        label="Status"
        value={filter.view}
        choices={VIEWS}
        onChange={(view) => change({ view })}
      />
      <fieldset className={styles.severities}>
        <legend>Severity</legend>
        {SEVERITIES.map((severity) => (
          <button
            key={severity}
            type="button"
            aria-pressed={filter.severities.includes(severity)}
            onClick={() => toggle(severity)}
          >
            <SeverityBadge severity={severity} />
            {counts?.[severity] !== undefined && <span>{counts[severity]}</span>}
          </button>
        ))}
      </fieldset>
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
      <SearchField
        label="Search alerts"
        placeholder="Search"
        value={filter.text}
        onChange={(text) => change({ text })}
        inputRef={searchRef}
      />
      {isFiltered(filter) && (
        <Button look="quiet" onClick={() => onChange({ ...NO_FILTER, view: filter.view })}>
          Clear filters
        </Button>
      )}
    </div>
  );
}
