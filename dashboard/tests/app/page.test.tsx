import { act, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { page } from "../../src/app/page";

const Shown = () => <p>the page</p>;

const pass = (seconds: number) => act(() => vi.advanceTimersByTimeAsync(seconds * 1_000));

describe("page", () => {
  beforeEach(() => void vi.useFakeTimers({ shouldAdvanceTime: true }));
  afterEach(() => void vi.useRealTimers());

  it("goes on loading while its code can't be had", async () => {
    const load = vi.fn(async () => Shown);
    load.mockRejectedValueOnce(new Error("away")).mockRejectedValueOnce(new Error("away"));
    const Page = page("awaited", load);
    render(<Page />);
    await pass(0.5);
    expect(screen.getByRole("status", { name: "Loading" })).toBeVisible();
    await pass(2);
    expect(screen.getByText("the page")).toBeVisible();
    expect(load).toHaveBeenCalledTimes(3);
  });

  it("says after a minute what is wrong, and tries anew when asked to", async () => {
    let gone = true;
    const Page = page("gone", async () => {
      if (gone) throw new Error("gone for good");
      return Shown;
    });
    render(<Page />);
    await pass(61);
    expect(screen.getByRole("alert")).toHaveTextContent("gone for good");
    gone = false;
    const user = userEvent.setup({ advanceTimers: vi.advanceTimersByTime });
    await user.click(screen.getByRole("button", { name: "Try again" }));
    await pass(0.5);
    expect(screen.getByText("the page")).toBeVisible();
  });
});
