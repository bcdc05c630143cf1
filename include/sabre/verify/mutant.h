// sabre/verify/mutant.h: a source in which every mutant is present, switched at run time by a number
// (mutant schemata: R. Untch, A. Offutt, M. Harrold, ISSTA 1993). verify/mutate.py writes such sources
// and includes this header into them; nothing else does.
#ifndef SABRE_VERIFY_MUTANT_H_
#define SABRE_VERIFY_MUTANT_H_

namespace sabre::verify::internal {

// Which mutant is in force (0: none), and which ones an execution has come by.
struct Mutants {
  static constexpr int kMax = 1 << 14;
  int active = 0;
  bool reached[kMax] = {};
};
inline Mutants& CurrentMutants() {
  static Mutants mutants;
  return mutants;
}

inline bool Mutated(int number) {
  Mutants& mutants = CurrentMutants();
  if (number < Mutants::kMax) mutants.reached[number] = true;
  return mutants.active == number;
}

// The functions below stand in the place of what their mutant changes.

// Comparisons, off by their edge.
template <class A, class B>
bool Lt(int number, const A& a, const B& b) {
  return Mutated(number) ? a <= b : a < b;
}
template <class A, class B>
bool Le(int number, const A& a, const B& b) {
  return Mutated(number) ? a < b : a <= b;
}
template <class A, class B>
bool Gt(int number, const A& a, const B& b) {
  return Mutated(number) ? a >= b : a > b;
}
template <class A, class B>
bool Ge(int number, const A& a, const B& b) {
  return Mutated(number) ? a > b : a >= b;
}
template <class A, class B>
bool Eq(int number, const A& a, const B& b) {
  return (a == b) != Mutated(number);
}
template <class A, class B>
bool Ne(int number, const A& a, const B& b) {
  return (a != b) != Mutated(number);
}

// An operand that counts for nothing: of + - |, of &, and the inverse of one.
template <class T>
T Dropped(int number, T value) {
  return Mutated(number) ? T{} : value;
}
template <class T>
T AllOnes(int number, T value) {
  return Mutated(number) ? static_cast<T>(~T{}) : value;
}
template <class T>
T Inverse(int number, T value) {
  return Mutated(number) ? static_cast<T>(T{} - value) : value;
}

// A loop that does not go round again.
class Once {
 public:
  explicit Once(int number) : number_(number) {}
  bool Go() {
    const bool again = gone_;
    gone_ = true;
    return !(again && Mutated(number_));
  }

 private:
  const int number_;
  bool gone_ = false;
};

// `count` statements in their order; mutant `number` + i swaps the ith with the next.
class Sequence {
 public:
  Sequence(int number, int count) : number_(number), count_(count) {}
  bool More() const { return at_ != count_; }
  int Next() {
    const int at = at_++;
    if (at + 1 < count_ && Mutated(number_ + at)) return at + 1;
    if (at > 0 && Mutated(number_ + at - 1)) return at - 1;
    return at;
  }

 private:
  const int number_;
  const int count_;
  int at_ = 0;
};

// A lock that is not taken.
template <class M>
class MaybeLocked {
 public:
  MaybeLocked(int number, M& mutex) : mutex_(Mutated(number) ? nullptr : &mutex) {
    if (mutex_ != nullptr) mutex_->lock();
  }
  ~MaybeLocked() {
    if (mutex_ != nullptr) mutex_->unlock();
  }
  MaybeLocked(const MaybeLocked&) = delete;
  MaybeLocked& operator=(const MaybeLocked&) = delete;

 private:
  M* const mutex_;
};

}  // namespace sabre::verify::internal

#endif  // SABRE_VERIFY_MUTANT_H_
