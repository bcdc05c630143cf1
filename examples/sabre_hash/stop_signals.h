// Ctrl-C and SIGTERM.
#ifndef SABRE_EXAMPLES_SABRE_HASH_STOP_SIGNALS_H_
#define SABRE_EXAMPLES_SABRE_HASH_STOP_SIGNALS_H_

namespace sabre_hash {

// From now on SIGINT and SIGTERM are noted instead of ending the program; a second one ends it at once.
// (Hardly anything may be done inside a signal handler. The event loop looks at the note every few
// milliseconds.)
void CatchStopSignals();

// The signal that was noted, or 0. Any thread.
int CaughtSignal();

}  // namespace sabre_hash

#endif  // SABRE_EXAMPLES_SABRE_HASH_STOP_SIGNALS_H_
