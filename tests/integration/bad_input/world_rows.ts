/** The world does not allow it: exit 1, naming what. */
import { commandRow } from "./command_row.ts";

/** The rows. */
export const WORLD_ROWS = [
  {
    input: "registrar: the ASAP port is in use",
    run: "registrar --asap {asap} --enrp 127.0.0.1:0",
    code: 1,
    words: ["{asap}", "the port is in use"],
  },
  {
    input: "registrar: the ENRP port is in use",
    run: "registrar --asap 127.0.0.1:0 --enrp {enrp}",
    code: 1,
    words: ["{enrp}", "the port is in use"],
  },
  {
    input: "registrar: the HTTP port is in use",
    run: "registrar --asap 127.0.0.1:0 --enrp 127.0.0.1:0 --http {asap}",
    code: 1,
    words: ["--http", "{asap}", "the port is in use"],
  },
  {
    input: "proxy: an HTTP address that is not this host's",
    run: "proxy --listen 127.0.0.1:0=web -r {asap} --http 203.0.113.77:9102",
    code: 1,
    words: ["--http", "203.0.113.77:9102", "not an address of this host"],
  },
  {
    input: "registrar: an address that is not this host's",
    run: "registrar --asap 203.0.113.77:3863 --enrp 127.0.0.1:0",
    code: 1,
    words: ["203.0.113.77:3863", "not an address of this host"],
  },
  {
    input: "registrar: an IPv6 address that is not this host's",
    run: "registrar --asap 127.0.0.1:0 --enrp [2001:db8::77]:9901",
    code: 1,
    words: ["[2001:db8::77]:9901", "not an address of this host"],
  },
  {
    input: "registrar: an unknown host to listen on",
    run: "registrar --asap no-such-host.invalid:0 --enrp 127.0.0.1:0",
    code: 1,
    words: ["no-such-host.invalid", "unknown"],
  },
  {
    input: "registrar: the ready file on a full disk",
    run: "registrar --asap 127.0.0.1:0 --enrp 127.0.0.1:0 --ready-file /dev/full",
    code: 1,
    words: ["ready file /dev/full", "no space left on device"],
  },
  {
    input: "registrar: the ready file in a folder that is not there",
    run: "registrar --asap 127.0.0.1:0 --enrp 127.0.0.1:0 --ready-file {folder}/nowhere/ready",
    code: 1,
    words: ["ready file {folder}/nowhere/ready", "no such file or directory"],
  },
  {
    input: "register: the ready file on a full disk",
    run: "register full -r {asap} --port 8081 --ready-file /dev/full",
    code: 1,
    words: ["ready file /dev/full", "no space left on device"],
  },
  {
    input: "register: the port of its ASAP endpoint is in use",
    run: "register busy -r {asap} --port 8081 --asap {asap}",
    code: 1,
    words: ["{asap}", "the port is in use"],
  },
].map(commandRow);
