import { Check, EyeOff, RotateCcw, UserCheck } from "lucide-react";
import { Button, IconButton } from "../components/Button";
import type { Step } from "../live/lifecycle";
import styles from "./StepButtons.module.css";

const STEP = {
  acknowledge: { label: "Acknowledge", Icon: UserCheck },
  resolve: { label: "Resolve", Icon: Check },
  ignore: { label: "Ignore", Icon: EyeOff },
  reopen: { label: "Reopen", Icon: RotateCcw },
} as const;

interface StepButtonsProps {
  steps: readonly Step[];
  /** With words (a drawer, a bar) or as icons (a row). */
  worded?: boolean;
  /** What the step is taken with, for those who cannot see the row. */
  about?: string;
  className?: string;
  onStep: (step: Step) => void;
}

export function StepButtons({ steps, worded, about, className = "", onStep }: StepButtonsProps) {
  return (
    <div className={`${styles.steps} ${worded ? styles.worded : ""} ${className}`}>
      {steps.map((step, index) => {
        const { label, Icon } = STEP[step];
        if (worded) {
          const look = index === 0 ? "primary" : "plain";
          return (
            <Button key={step} look={look} icon={<Icon aria-hidden />} onClick={() => onStep(step)}>
              {label}
            </Button>
          );
        }
        return (
          <IconButton
            key={step}
            size="s"
            label={label}
            aria-description={about}
            onClick={() => onStep(step)}
          >
            <Icon aria-hidden />
          </IconButton>
        );
      })}
    </div>
  );
}
