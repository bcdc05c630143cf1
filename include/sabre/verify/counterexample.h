// sabre/verify/counterexample.h: a failing execution in words, line by line.
#ifndef SABRE_VERIFY_COUNTEREXAMPLE_H_
#define SABRE_VERIFY_COUNTEREXAMPLE_H_

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "sabre/verify/event_text.h"
#include "sabre/verify/history.h"
#include "sabre/verify/shrink.h"
#include "sabre/verify/source_text.h"

namespace sabre::verify {

namespace internal {

inline std::string Place(Site site) {
  if (site.line == 0) return "";
  const std::string base = BaseName(site.file);
  // std::lock_guard and its kin call from their own header, which says nothing.
  if (base == "std_mutex.h" || base == "unique_lock.h") return "";
  return base + ":" + std::to_string(site.line);
}

// Columns on a terminal: bytes that do not continue a UTF-8 sequence.
inline std::size_t Width(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}
inline std::string Pad(std::string text, std::size_t width) {
  const std::size_t now = Width(text);
  if (now < width) text.append(width - now, ' ');
  return text;
}

// Whether there is a place to blame. Of some failures only the last step is known, which is nobody's
// fault.
inline bool HasPlace(const Failure& failure) {
  switch (failure.kind) {
    case FailureKind::kNone:
    case FailureKind::kDeadlock:
    case FailureKind::kLeak:
    case FailureKind::kLivelock:
    case FailureKind::kCrash:
      return false;
    default:
      return failure.site.line != 0;
  }
}

}  // namespace internal

// "DATA RACE: …": what was violated.
inline std::string Headline(const Failure& failure) {
  std::string text = Name(failure.kind);
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  if (failure.kind == FailureKind::kNone) text = "NOTHING IS VIOLATED";
  if (!failure.text.empty()) text += ": " + failure.text;
  return text;
}

// "5 steps, 1 preemption; …": what is known about the length.
inline std::string LengthText(const Counterexample& example, const History& history) {
  std::size_t steps = 0;
  for (std::size_t i = 0; i < history.events.size(); ++i) steps = std::max(steps, history.Step(i));
  const unsigned preemptions = example.failure.preemptions;
  std::string text = std::to_string(steps) + (steps == 1 ? " step, " : " steps, ") +
                     std::to_string(preemptions) +
                     (preemptions == 1 ? " preemption" : " preemptions");
  const auto [first, last] = history.Round();
  if (last != 0) {
    text += "; then on and on like " +
            (first == last ? "step " + std::to_string(first)
                           : "steps " + std::to_string(first) + " to " + std::to_string(last));
    bool yields = false;
    for (std::size_t i = 0; i < history.events.size(); ++i) {
      const bool in_round = history.Step(i) >= first && history.Step(i) <= last;
      yields = yields || (in_round && history.events[i].op == Op::kYield);
    }
    // Without one, the scheduler may leave the thread that is waited for aside.
    if (!yields) text += " (a loop that waits for another thread calls SpinHint or ThreadYield)";
  }
  return example.claim.empty() ? text : text + "; " + example.claim;
}

// Describe()
//
// The report: what was violated, the steps, and for a race its two halves; lines of at most about 100
// columns.
inline std::string Describe(const Counterexample& example) {
  using internal::Pad;
  const Failure& failure = example.failure;
  const History history(failure);
  const std::vector<Event>& events = failure.events;
  internal::EventPrinter printer(history);
  std::vector<std::string> texts(events.size());
  std::vector<std::pair<std::string, std::string>> lines;
  constexpr std::size_t kMaxTextWidth = 90;  // a longer line pushes its place out of the column
  std::size_t text_width = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (history.Step(i) == 0) continue;
    texts[i] = printer.Text(i);
    const std::string step = std::to_string(history.Step(i));
    const std::size_t indent = 4 * static_cast<std::size_t>(events[i].thread);
    const std::string line = Pad("", 5 - std::min<std::size_t>(5, step.size())) + step + "  " +
                             std::string(indent, ' ') + "T" + std::to_string(events[i].thread) +
                             "  " + printer.Line(i);
    lines.emplace_back(line, internal::Place(events[i].site));
    const std::size_t width = internal::Width(line);
    if (width <= kMaxTextWidth) text_width = std::max(text_width, width);
  }
  std::string body;
  for (const auto& [line, place] : lines) body += Pad(line, text_width) + "  " + place + "\n";
  std::string out = Headline(failure);
  const bool has_place = internal::HasPlace(failure);
  if (has_place) out += "  at " + internal::Place(failure.site);
  out += "\n" + LengthText(example, history) + "\n\n step  T0";
  for (int t = 1; t < failure.threads; ++t) out += "  T" + std::to_string(t);
  out += "\n" + body;
  const bool reads = body.find("←") != std::string::npos;
  if (body.find("⇐") != std::string::npos) {
    out += reads ? "       ← reads from; ⇐ synchronizes with, and reads from if it is a load\n"
                 : "       ⇐ synchronizes with, and reads from if it is a load\n";
  } else if (reads) {
    out += "       ← reads from\n";
  }

  const auto half = [&](std::size_t i) {
    out += "  step " + std::to_string(history.Step(i)) + ", T" + std::to_string(events[i].thread) +
           ": " + texts[i] + "   " + internal::Place(events[i].site) + "\n";
    const std::string line = internal::LineOf(events[i].site.file, events[i].site.line);
    if (!line.empty()) out += "      " + line + "\n";
  };
  if (failure.kind == FailureKind::kDataRace) {
    const std::size_t other = history.OtherHalfOfRace();
    if (other != History::kNone) {
      out += "\nThe race: nothing orders\n";
      half(other);
      out += "before\n";
      half(events.size() - 1);
    }
  } else if (failure.kind == FailureKind::kDeadlock) {
    out += "\nThe end:\n";
    for (int t = 0; t < failure.threads; ++t) {
      out += "  T" + std::to_string(t) +
             (history.SleepsAtTheEnd(t) ? " " + texts[history.LastOf(t)] + ", for ever"
                                        : " has finished") +
             "\n";
    }
  } else if (has_place) {
    const std::string line = internal::LineOf(failure.site.file, failure.site.line);
    if (!line.empty()) out += "\n  " + line + "\n";
  }
  return out;
}

}  // namespace sabre::verify

#endif  // SABRE_VERIFY_COUNTEREXAMPLE_H_
