/** What the help of the program itself says besides its options and commands. */

/** What stands behind its name. */
export const ROOT_USAGE = "[options] COMMAND [options] [arguments]";
/** What it is. */
export const ROOT_DESCRIPTION = "Reliable Server Pooling (RFC 5351 to 5356) over TCP.";
/** The options that no table has. */
export const VERSION_OPTION = ["-V, --version", "print the version"] as const;
/** The last of all options. */
export const HELP_OPTION = ["-h, --help", "show help"] as const;
/** Columns where the output is no terminal. */
export const USUAL_COLUMNS = 100;
/** How it ends. */
export const ROOT_NOTES = `
Examples:
  $ rserpool registrar
      run a registrar on this host
  $ rserpool register web --port 8081 -- python3 -m http.server 8081
      start a service and keep it registered while it lives
  $ rserpool resolve web
      find who offers the service

"rserpool help COMMAND" has a command's options; shared ones may stand on either
side of it.`;
