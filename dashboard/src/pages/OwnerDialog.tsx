import { useState } from "react";
import { FormDialog, Text } from "../components/FormDialog";
import { saveOwner } from "../rest/routing";
import { useSubmit } from "../widgets/useRouting";
import type { Owner, OwnerRequest } from "../wire";

interface OwnerDialogProps {
  /** Owners there are: a pattern has one. */
  owners: readonly Owner[];
  /** What is edited; without it a new one is named. */
  before?: Owner;
  /** What a new one is of at first. */
  assetPattern?: string;
  onClose: () => void;
}

/** Says whose the assets of a pattern are. */
export function OwnerDialog({ owners, before, assetPattern = "", onClose }: OwnerDialogProps) {
  const [pattern, setPattern] = useState(before?.assetPattern ?? assetPattern);
  const [owner, setOwner] = useState(before?.owner ?? "");
  const save = useSubmit((endpoint, asked: OwnerRequest) => {
    const there = owners.find((one) => one.assetPattern === asked.assetPattern);
    return saveOwner(endpoint, asked, before?.id ?? there?.id);
  }, onClose);
  return (
    <FormDialog
      title={before ? `Owner of ${before.assetPattern}` : "Name an owner"}
      submit="Save"
      complete={pattern.trim() !== "" && owner.trim() !== ""}
      busy={save.isPending}
      error={save.error}
      onSubmit={() => save.mutate({ assetPattern: pattern.trim(), owner: owner.trim() })}
      onClose={onClose}
    >
      <Text
        label="Owner"
        value={owner}
        onChange={setOwner}
        placeholder="sales data team"
        note="A person or a team; named in messages, and alerts can be grouped by it"
        wide
      />
      <Text
        label="Assets"
        value={pattern}
        onChange={setPattern}
        placeholder="warehouse.sales.*"
        note="An id or a glob. Of several that match, the longest counts."
        wide
      />
    </FormDialog>
  );
}
