import { act, render, screen } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { Toaster } from "../../src/components/Toaster";
import { toast, toasts } from "../../src/components/toasts";

const raise = (message: Parameters<typeof toast>[0]) => act(() => toast(message));
const pass = (milliseconds: number) => act(() => vi.advanceTimersByTime(milliseconds));

describe("Toaster", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    toasts.set([]);
    render(<Toaster />);
  });

  it("takes a message away after a while", () => {
    raise({ title: "Saved" });
    pass(6_900);
    expect(screen.getByText("Saved")).toBeInTheDocument();
    pass(200);
    expect(screen.queryByText("Saved")).toBeNull();
  });

  it("keeps messages while one of them has the focus", () => {
    raise({ title: "Alert acknowledged", action: { label: "Undo", run: () => undefined } });
    act(() => screen.getByRole("button", { name: "Undo" }).focus());
    pass(30_000);
    expect(screen.getByText("Alert acknowledged")).toBeInTheDocument();
    act(() => screen.getByRole("button", { name: "Undo" }).blur());
    pass(1_000);
    expect(screen.queryByText("Alert acknowledged")).toBeNull();
  });

  it("puts a message in the place of the one with its key, for a time of its own", () => {
    raise({ key: "critical", title: "Critical alert" });
    pass(5_000);
    raise({ key: "critical", title: "2 critical alerts" });
    expect(screen.queryByText("Critical alert")).toBeNull();
    pass(5_000);
    expect(screen.getByText("2 critical alerts")).toBeInTheDocument();
    pass(2_100);
    expect(screen.queryByText("2 critical alerts")).toBeNull();
  });

  it("shows the newest few of many", () => {
    for (let number = 1; number <= 10; number++) raise({ title: `Message ${number}` });
    expect(screen.getAllByText(/^Message/)).toHaveLength(4);
    expect(screen.getByText("Message 10")).toBeInTheDocument();
  });
});
