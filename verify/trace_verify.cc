// Claims about lib/kernel/trace_chunk.h: one thread notes spans down, another reads them meanwhile.
#include <cstddef>
#include <cstdint>

#include "lib/kernel/trace_chunk.h"
#include "sabre/verify/model.h"

namespace {

using namespace sabre::verify;
using namespace sabre::kernel;
using S = RelacySync;

constexpr std::size_t kCapacity = 2;
using Slot = TraceSlot<int, S>;
using Chunk = TraceChunk<Slot, int, kCapacity, S>;

// What the writer does: span 10 around span 11, each with the value 100 more than its head.
template <class Chunk>
void WriteTwo(Chunk& chunk) {
  auto* const outer = chunk.Open(10);
  auto* const inner = chunk.Open(11);
  SABRE_VERIFY(outer != nullptr && inner != nullptr);
  SABRE_VERIFY(chunk.Open(12) == nullptr);
  inner->Close(1, 111);
  outer->Close(2, 110);
}

// The reader sees whole slots, in order; a value only where the span has ended.
struct ReaderSeesWholeSpans : Model<ReaderSeesWholeSpans, 2> {
  Chunk chunk;
  void Thread(int id) {
    if (id == 0) {
      WriteTwo(chunk);
      return;
    }
    const std::size_t size = chunk.size();
    if (size == 0) Reached("nothing yet");
    for (std::size_t i = 0; i < size; ++i) {
      const int head = chunk.slot(i).head.Get();
      SABRE_VERIFY(head == 10 + static_cast<int>(i));
      if (chunk.slot(i).End() == Slot::kOpen) {
        Reached("a span that goes on");
      } else {
        Reached("a span that has ended");
        SABRE_VERIFY(chunk.slot(i).value.Get() == static_cast<std::uint64_t>(100 + head));
      }
    }
  }
  void After() {
    SABRE_VERIFY(chunk.size() == kCapacity);
    SABRE_VERIFY(chunk.slot(0).End() == 2);
    SABRE_VERIFY(chunk.slot(1).End() == 1);
    SABRE_VERIFY(chunk.Settled());
  }
};

// A reader destroys a settled chunk while the writer lives, who opens no more slots in it.
template <class Chunk>
struct DestroyedOnceSettled : Model<DestroyedOnceSettled<Chunk>, 2> {
  Chunk* chunk = nullptr;
  bool gone = false;
  void Before() { chunk = new Chunk; }
  void Thread(int id) {
    if (id == 0) {
      WriteTwo(*chunk);
      return;
    }
    if (!chunk->Settled()) {
      Reached("still in use");
      return;
    }
    Reached("destroyed");
    gone = true;
    delete chunk;
  }
  void After() {
    if (!gone) delete chunk;
  }
};

// A chunk whose reader takes it for settled as soon as it is full.
struct FullIsEnough : Chunk {
  bool Settled() const noexcept { return size() == kCapacity; }
};

const Suite trace_chunk(
    "TraceChunk", {"lib/kernel/trace_chunk.h"},
    {
        Claim<ReaderSeesWholeSpans>("a reader sees whole spans",
                                    {.searches = {Full(), Random(20'000)},
                                     .reaches = {"nothing yet", "a span that goes on",
                                                 "a span that has ended"}}),
        Claim<DestroyedOnceSettled<Chunk>>("a settled chunk is destroyed beside its writer",
                                           {.searches = {Full(), Random(20'000)},
                                            .reaches = {"still in use", "destroyed"}}),
        Canary<DestroyedOnceSettled<FullIsEnough>>(FailureKind::kDataRace,
                                                   "a full chunk is destroyed"),
    });

}  // namespace
