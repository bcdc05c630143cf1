// sabre/verify/history_json.h: a counterexample as a JSON object, for the table and the page.
//
//   {"algorithm", "model", "claim", "kind", "violated", "place", "length", "again", "threads": N,
//    "preemptions": N,
//    "steps": [{"step", "thread", "text", "place", "file", "line", "source", "object", "op", "order",
//               "asked", "before", "value", "readsFrom", "stale": {"newest", "step"}}, …],
//    "atomics": [{"object", "name", "value": before the first step}, …],
//    "edges": [{"from", "to"}, …], "race": [step, step], "ends": ["…", …]}
//
// Steps are numbered from 1. "readsFrom" is the step whose store was read, 0 for one before the steps.
// "value" is what was stored, "before" what was read. "edges" are those that synchronize. What does not
// apply is absent.
#ifndef SABRE_VERIFY_HISTORY_JSON_H_
#define SABRE_VERIFY_HISTORY_JSON_H_

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "sabre/verify/counterexample.h"
#include "sabre/verify/event_text.h"
#include "sabre/verify/history.h"
#include "sabre/verify/model.h"
#include "sabre/verify/source_text.h"

namespace sabre::verify {

namespace internal {

// A JSON string. "<" is escaped too: the text may lie in a script element of a page.
inline std::string JsonString(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += std::string("\\") + c;
    } else if (byte < 0x20 || c == '<' || c == '>' || c == '&') {
      char buffer[8];
      std::snprintf(buffer, sizeof(buffer), "\\u%04x", static_cast<unsigned>(byte));
      out += buffer;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

// Writes the members of one object, with the commas between them.
class JsonObject {
 public:
  JsonObject& Text(const char* name, const std::string& value) {
    return Raw(name, JsonString(value));
  }
  JsonObject& Number(const char* name, std::size_t value) {
    return Raw(name, std::to_string(value));
  }
  JsonObject& Raw(const char* name, const std::string& value) {
    out_ += (out_.empty() ? "\"" : ", \"") + std::string(name) + "\": " + value;
    return *this;
  }
  std::string Done() const { return "{" + out_ + "}"; }

 private:
  std::string out_;
};

inline std::string JsonArray(const std::vector<std::string>& items, const char* between = ", ") {
  std::string out = "[";
  for (std::size_t i = 0; i < items.size(); ++i) out += (i == 0 ? "" : between) + items[i];
  return out + "]";
}

// The name of an operation: "load", "store", "rmw", "fence", "lock" … what the page has a style for.
inline const char* OpClass(Op op) {
  if (op == Op::kLoad) return "load";
  if (op == Op::kStore) return "store";
  if (IsReadModifyWrite(op) || op == Op::kCasFailed) return "rmw";
  if (op == Op::kFence) return "fence";
  if (op == Op::kYield) return "yield";
  if (op == Op::kUse || op == Op::kUseAfterEnd || op == Op::kInit || op == Op::kEnd) return "life";
  if (op >= Op::kRead && op <= Op::kTake) return "data";
  return "blocking";
}

inline std::string StepJson(const History& history, EventPrinter& printer, std::size_t i) {
  const Event& e = history.events[i];
  JsonObject json;
  json.Number("step", history.Step(i))
      .Number("thread", static_cast<std::size_t>(e.thread))
      .Text("text", printer.Text(i))
      .Text("op", OpClass(e.op))
      .Text("place", Place(e.site));
  if (e.site.line != 0) {
    json.Text("file", e.site.file)
        .Number("line", static_cast<std::size_t>(e.site.line))
        .Text("source", LineOf(e.site.file, e.site.line));
  }
  if (e.object != 0) json.Number("object", e.object);
  const bool ordered = IsLoad(e.op) || e.op == Op::kStore || e.op == Op::kFence;
  if (ordered) json.Text("order", Name(e.order));
  if (ordered && e.order != e.asked) json.Text("asked", Name(e.asked));
  if (IsLoad(e.op)) json.Text("before", printer.Value(e, e.before));
  if (IsStore(e.op)) json.Text("value", printer.Value(e, e.after));
  if (e.reads_from != kNoEvent && IsLoad(e.op)) {
    json.Number("readsFrom", history.Step(e.reads_from));
  }
  if (history.IsStale(i)) {
    const std::size_t newest = history.NewestStore(i);
    json.Raw("stale", JsonObject()
                          .Text("newest",
                                printer.Value(history.events[newest], history.events[newest].after))
                          .Number("step", history.Step(newest))
                          .Done());
  }
  return json.Done();
}

}  // namespace internal

// The JSON of `example`; `again` is the command that shows it.
inline std::string StoryJson(const Counterexample& example, const std::string& algorithm,
                             const ClaimEntry& claim, const std::string& again) {
  using internal::JsonArray;
  using internal::JsonObject;
  const Failure& failure = example.failure;
  const History history(failure);
  const std::vector<Event>& events = history.events;
  internal::EventPrinter printer(history);
  std::vector<std::string> steps;
  std::map<std::uint32_t, std::string> names;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (history.Step(i) == 0) continue;
    steps.push_back(internal::StepJson(history, printer, i));
    const bool atomic = internal::IsLoad(events[i].op) || internal::IsStore(events[i].op);
    if (atomic) names.emplace(events[i].object, printer.ObjectName(events[i]));
  }
  std::vector<std::string> atomics;
  for (const auto& [object, name] : names) {
    std::string value;  // before the first step
    for (const Event& e : events) {
      if (e.object != object || !internal::IsStore(e.op)) continue;
      if (e.thread >= 0 && e.op != Op::kInit) break;
      value = printer.Value(e, e.after);
    }
    atomics.push_back(
        JsonObject().Number("object", object).Text("name", name).Text("value", value).Done());
  }
  std::vector<std::string> edges;
  for (const Edge& edge : history.edges()) {
    if (history.Step(edge.from) == 0 || history.Step(edge.to) == 0) continue;
    edges.push_back(JsonObject()
                        .Number("from", history.Step(edge.from))
                        .Number("to", history.Step(edge.to))
                        .Done());
  }
  JsonObject json;
  json.Text("algorithm", algorithm)
      .Text("model", claim.model)
      .Text("claim", claim.text)
      .Text("kind", Name(failure.kind))
      .Text("violated", Headline(failure))
      .Text("place", internal::HasPlace(failure) ? internal::Place(failure.site) : "")
      .Text("length", LengthText(example, history))
      .Text("again", again)
      .Number("threads", static_cast<std::size_t>(failure.threads))
      .Number("preemptions", failure.preemptions)
      .Raw("steps", JsonArray(steps, ",\n    "))
      .Raw("atomics", JsonArray(atomics))
      .Raw("edges", JsonArray(edges));
  const std::size_t other = history.OtherHalfOfRace();
  if (other != History::kNone) {
    json.Raw("race", JsonArray({std::to_string(history.Step(other)),
                                std::to_string(history.Step(events.size() - 1))}));
  }
  if (failure.kind == FailureKind::kDeadlock) {
    std::vector<std::string> ends;
    for (int t = 0; t < failure.threads; ++t) {
      ends.push_back(internal::JsonString(history.SleepsAtTheEnd(t)
                                              ? printer.Text(history.LastOf(t)) + ", for ever"
                                              : "has finished"));
    }
    json.Raw("ends", JsonArray(ends));
  }
  return json.Done();
}

}  // namespace sabre::verify

#endif  // SABRE_VERIFY_HISTORY_JSON_H_
