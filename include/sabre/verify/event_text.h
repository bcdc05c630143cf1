// sabre/verify/event_text.h: the events of an execution in words.
#ifndef SABRE_VERIFY_EVENT_TEXT_H_
#define SABRE_VERIFY_EVENT_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sabre/verify/history.h"
#include "sabre/verify/source_text.h"
#include "sabre/verify/trace.h"

namespace sabre::verify {

namespace internal {

// Renders events as text. In the order of the events: names are taken from where they are first met.
class EventPrinter {
 public:
  explicit EventPrinter(const History& history) : history_(history), events_(history.events) {}

  // The text of event `index` and what it has to do with earlier steps: "← step 3" is the step whose
  // store it reads, "⇐ step 3" one that it synchronizes with.
  std::string Line(std::size_t index) {
    const Event& e = events_[index];
    std::string synchronized;
    bool reads_and_synchronizes = false;
    for (const Edge& edge : history_.edges()) {
      if (edge.to != index) continue;
      if (edge.from == e.reads_from) {
        reads_and_synchronizes = true;
      } else {
        synchronized += " ⇐ " + StepOf(edge.from);
      }
    }
    std::string line = Text(index);
    if (reads_and_synchronizes) {
      line += "  ⇐ " + StepOf(e.reads_from);
    } else if (IsLoad(e.op) && e.reads_from != kNoEvent) {
      line += "  ← " + StepOf(e.reads_from);
    } else if (!synchronized.empty()) {
      line += " ";
    }
    line += synchronized;
    if (history_.IsStale(index)) {
      const std::size_t newest = history_.NewestStore(index);
      line += "  [stale; newest: " + Value(events_[newest], events_[newest].after) + ", " +
              StepOf(newest) + "]";
    }
    return line;
  }

  // The text of event `index`, without place and thread.
  std::string Text(std::size_t index) {
    const Event& e = events_[index];
    switch (e.op) {
      case Op::kInit:
        return Name(e, "") + " starts as " + Value(e, e.after);
      case Op::kLoad:
        return Name(e, ".load(") + ".load(" + OrderOf(e) + ") → " + Value(e, e.after);
      case Op::kStore:
        return Name(e, ".store(") + ".store(" + Value(e, e.after) + ", " + OrderOf(e) + ")";
      case Op::kExchange:
        return Modified(e, ".exchange");
      case Op::kFetchAdd:
        return Modified(e, ".fetch_add");
      case Op::kFetchSub:
        return Modified(e, ".fetch_sub");
      case Op::kFetchAnd:
        return Modified(e, ".fetch_and");
      case Op::kFetchOr:
        return Modified(e, ".fetch_or");
      case Op::kFetchXor:
        return Modified(e, ".fetch_xor");
      case Op::kCas:
        return Modified(e, CasName(e));
      case Op::kCasFailed:
        return Name(e, CasName(e) + "(") + CasName(e) + "(" + OrderOf(e) + ") " +
               (e.before == e.after ? "fails for no reason" : "fails: finds " + Value(e, e.before));
      case Op::kUse:
        return "uses " + Name(e, "");
      case Op::kUseAfterEnd:
        return Known(e) ? "uses " + Name(e, "") + ", which has ended" : "uses what has ended";
      case Op::kFence:
        return "fence(" + OrderOf(e) + ")";
      case Op::kYield:
        return "yields";
      case Op::kRead:
        return Name(e, ".Get(") + ".Get()" + Arrow(e);
      case Op::kWrite:
        return Name(e, ".Set(") + ".Set(" + Value(e, e.after) + ")";
      case Op::kTake:
        return Name(e, ".Take(") + ".Take()" + Arrow(e);
      case Op::kEnd:
        return Name(e, "") + " ends";
      case Op::kLock:
        return "locks mutex" + Number(e);
      case Op::kTryLockFailed:
        return "fails to lock mutex" + Number(e);
      case Op::kUnlock:
        return "unlocks mutex" + Number(e);
      case Op::kBlockedOnLock:
        return "waits for mutex" + Number(e);
      case Op::kWait:
        return "unlocks, and sleeps on condition" + Number(e);
      case Op::kWoken:
        return "is woken on condition" + Number(e);
      case Op::kWokenSpuriously:
        return "is woken for no reason on condition" + Number(e);
      case Op::kTimedOut:
        return "times out on condition" + Number(e);
      case Op::kNotifyOne:
        return "notifies one on condition" + Number(e);
      case Op::kNotifyAll:
        return "notifies all on condition" + Number(e);
      case Op::kPark:
        return "parks: sleeps on parker" + Number(e);
      case Op::kParkTook:
        return "takes the token of parker" + Number(e);
      case Op::kParkTimedOut:
        return "times out on parker" + Number(e);
      case Op::kUnpark:
        return "unparks: gives the token to parker" + Number(e);
    }
    return "";
  }

  // "slot.turn#2": as much as is known of it by now.
  std::string ObjectName(const Event& e) { return Name(e, ""); }

  std::string Value(const Event& e, std::uint64_t bits) {
    switch (e.kind) {
      case ValueKind::kNone:
        return "…";
      case ValueKind::kBool:
        return bits != 0 ? "true" : "false";
      case ValueKind::kSigned:
        return std::to_string(static_cast<std::int64_t>(bits));
      case ValueKind::kUnsigned:
        return std::to_string(bits);
      case ValueKind::kPointer:
        break;
    }
    if (bits == 0) return "null";
    const auto [at, added] = pointers_.emplace(bits, pointers_.size());
    return std::string("&") + static_cast<char>('A' + at->second % 26) +
           (at->second < 26 ? "" : std::to_string(at->second / 26));
  }

 private:
  std::string StepOf(std::size_t index) const {
    const std::size_t step = history_.Step(index);
    return step != 0 ? "step " + std::to_string(step) : "start";
  }
  bool Known(const Event& e) const {
    for (const Event& other : events_) {
      if (other.op == Op::kEnd && other.object == e.object) return true;
    }
    return false;
  }
  std::string CasName(const Event& e) {
    const bool weak = ReceiverOf(e.site.file, e.site.line, ".compare_exchange_weak(") != "";
    return weak ? ".compare_exchange_weak" : ".compare_exchange_strong";
  }
  // Objects are numbered in order of appearance in the report.
  std::string Number(const Event& e) {
    const auto [at, added] = numbers_.emplace(e.object, numbers_.size() + 1);
    return "#" + std::to_string(at->second);
  }
  // "slot.turn#2", from the source line if it can be read and has been read before.
  std::string Name(const Event& e, const std::string& call) {
    std::string name = call.empty() ? "" : ReceiverOf(e.site.file, e.site.line, call);
    const bool assigns = e.op == Op::kStore || e.op == Op::kWrite;  // by an operator
    if (name.empty() && assigns) name = ReceiverOf(e.site.file, e.site.line, " = ");
    if (name.empty()) name = names_[e.object];
    if (name.empty() && e.op == Op::kEnd) name = "object";
    if (name.empty()) name = e.op >= Op::kRead && e.op <= Op::kTake ? "var" : "atomic";
    names_[e.object] = name;
    return name + Number(e);
  }
  static std::string OrderOf(const Event& e) {
    std::string text = verify::Name(e.order);
    if (e.order != e.asked) text += std::string(", not ") + verify::Name(e.asked);
    return text;
  }
  std::string Arrow(const Event& e) {
    return e.kind == ValueKind::kNone ? "" : " → " + Value(e, e.after);
  }
  std::string Modified(const Event& e, const std::string& call) {
    return Name(e, call + "(") + call + "(" + OrderOf(e) + "): " + Value(e, e.before) + " → " +
           Value(e, e.after);
  }
  const History& history_;
  const std::vector<Event>& events_;
  std::map<std::uint32_t, std::size_t> numbers_;
  std::map<std::uint32_t, std::string> names_;
  std::map<std::uint64_t, std::size_t> pointers_;
};

}  // namespace internal
}  // namespace sabre::verify

#endif  // SABRE_VERIFY_EVENT_TEXT_H_
