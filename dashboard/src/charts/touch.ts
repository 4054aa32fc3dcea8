import type uPlot from "uplot";

/** uPlot hears the mouse alone: a finger that moves sideways is told to it as one. */
export function dragByTouch({ over }: uPlot): void {
  over.style.touchAction = "pan-y";
  const tell = (type: string, to: EventTarget) => (event: PointerEvent) => {
    if (event.pointerType === "mouse") return;
    const { clientX, clientY } = event;
    // uPlot passes over what has not moved.
    to.dispatchEvent(
      new MouseEvent(type, { bubbles: true, button: 0, clientX, clientY, movementX: 1 }),
    );
  };
  over.addEventListener("pointerdown", tell("mouseenter", over));
  over.addEventListener("pointerdown", tell("mousedown", over));
  over.addEventListener("pointermove", tell("mousemove", over));
  over.addEventListener("pointerup", tell("mouseup", document));
  over.addEventListener("pointercancel", tell("mouseup", document));
}
