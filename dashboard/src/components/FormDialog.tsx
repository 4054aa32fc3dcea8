import { type FormEvent, type ReactNode, useId } from "react";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import field from "./Field.module.css";
import styles from "./FormDialog.module.css";

interface FormDialogProps {
  title: string;
  submit: string;
  complete: boolean;
  busy: boolean;
  /** Why what was submitted last was refused. */
  error?: Error | null;
  onSubmit: () => void;
  onClose: () => void;
  children: ReactNode;
}

/** A dialog around a form of two columns. */
export function FormDialog(props: FormDialogProps) {
  const id = useId();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (props.complete && !props.busy) props.onSubmit();
  };
  return (
    <Dialog
      title={props.title}
      onClose={props.onClose}
      footer={
        <>
          <Button onClick={props.onClose}>Cancel</Button>
          <Button look="primary" type="submit" form={id} disabled={!props.complete || props.busy}>
            {props.submit}
          </Button>
        </>
      }
    >
      <form id={id} onSubmit={submit} className={styles.form}>
        {props.children}
        {props.error && (
          <p role="alert" className={styles.error}>
            {props.error.message}
          </p>
        )}
      </form>
    </Dialog>
  );
}

interface TextProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  type?: "text" | "time" | "number" | "datetime-local";
  placeholder?: string;
  note?: string;
  wide?: boolean;
}

export function Text({
  label,
  value,
  onChange,
  type = "text",
  placeholder,
  note,
  wide,
}: TextProps) {
  return (
    <label className={wide ? styles.wide : undefined}>
      {label}
      <input
        type={type}
        value={value}
        placeholder={placeholder}
        autoComplete="off"
        min={type === "number" ? 1 : undefined}
        onChange={(event) => onChange(event.target.value)}
      />
      {note && <span className={styles.note}>{note}</span>}
    </label>
  );
}

interface PickProps<T extends string> {
  label: string;
  value: T;
  choices: readonly { value: T; label: string }[];
  onChange: (value: T) => void;
}

export function Pick<T extends string>({ label, value, choices, onChange }: PickProps<T>) {
  return (
    <label>
      {label}
      <select
        className={field.select}
        value={value}
        onChange={(event) => onChange(event.target.value as T)}
      >
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.label}
          </option>
        ))}
      </select>
    </label>
  );
}

interface TickProps {
  label: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
  wide?: boolean;
}

export function Tick({ label, checked, onChange, wide }: TickProps) {
  return (
    <label className={`${styles.tick} ${wide ? styles.wide : ""}`}>
      <input
        type="checkbox"
        className={field.checkbox}
        checked={checked}
        onChange={(event) => onChange(event.target.checked)}
      />
      {label}
    </label>
  );
}

interface TicksProps<T extends string> {
  label: string;
  /** Said below; what it means that none is ticked, say. */
  note?: string;
  chosen: readonly T[];
  choices: readonly { value: T; label: string }[];
  onChange: (chosen: T[]) => void;
}

/** Any number of choices, kept in the order they are offered in. */
export function Ticks<T extends string>({ label, note, chosen, choices, onChange }: TicksProps<T>) {
  const toggle = (value: T, on: boolean) =>
    onChange(
      choices
        .map((choice) => choice.value)
        .filter((one) => (one === value ? on : chosen.includes(one))),
    );
  return (
    <fieldset className={styles.wide}>
      <legend>{label}</legend>
      <div className={styles.ticks}>
        {choices.map((choice) => (
          <Tick
            key={choice.value}
            label={choice.label}
            checked={chosen.includes(choice.value)}
            onChange={(on) => toggle(choice.value, on)}
          />
        ))}
      </div>
      {note && <span className={styles.note}>{note}</span>}
    </fieldset>
  );
}

/** A line of the form of its own. */
export function Wide({ children }: { children: ReactNode }) {
  return <div className={styles.wide}>{children}</div>;
}
