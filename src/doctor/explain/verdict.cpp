#include "doctor/explain/verdict.h"

#include <fmt/format.h>

#include "base/text.h"
#include "base/time.h"

namespace spillway::doctor {
namespace {

constexpr double kLargeShare = 0.1;  // of the device: a burst; of the reserve: worth calling idle
constexpr double kSomeShare = 0.05;  // of the reserve: enough idle memory to have had a part in it
/// Where the text does not tell how large the device is.
constexpr Bytes kGiant = 2_GiB, kSmall = 256_MiB;
constexpr double kFull = 0.9;

constexpr double kSteady = 0.02;  // of the most
constexpr double kGrown = 0.1;
constexpr std::uint64_t kEnoughErrors = 4;
constexpr Duration kLong = std::chrono::hours(1);

void set(Finding& finding, Cause cause, std::string because) {
  finding.cause = cause;
  finding.because = std::move(because);
}

void judge_without_total(Finding& f) {
  if (*f.requested >= kGiant) {
    set(f, Cause::burst, fmt::format("one request of {}", to_string(*f.requested)));
  } else if (*f.requested < kSmall) {
    set(f, Cause::overload, fmt::format("even {} could not be had", to_string(*f.requested)));
  } else {
    set(f, Cause::unknown, "the text does not tell how large or how full the device is");
  }
}

std::string holders(const Finding& f) {
  std::string text;
  if (f.allocated && f.total) {
    text = fmt::format("{} of {} are in use by the program itself", to_string(*f.allocated),
                       to_string(*f.total));
  }
  // What neither this program's allocator nor anybody has: other programs, and each one's context.
  if (f.total && f.free && f.reserved) {
    const Bytes others = *f.total - *f.free - *f.reserved;
    if (ratio(others, *f.total) >= kLargeShare) {
      text += fmt::format("{}other programs and contexts hold {}", text.empty() ? "" : "; ",
                          to_string(others));
    }
  }
  return text;
}

}  // namespace

void judge(Finding& f) {
  if (f.cause != Cause::unknown || !f.because.empty()) return;
  if (!f.requested) {
    if (f.allocated && f.total && ratio(*f.allocated, *f.total) >= kFull) {
      return set(f, Cause::overload,
                 fmt::format("{} of the allocator's pool is in use",
                             percent(ratio(*f.allocated, *f.total))));
    }
    return set(f, Cause::unknown, "the text tells no sizes");
  }
  const Bytes asked = *f.requested;
  std::optional<Bytes> idle = f.reserved_idle;
  if (!idle && f.reserved && f.allocated) idle = *f.reserved - *f.allocated;
  const double idle_share = idle && f.reserved ? ratio(*idle, *f.reserved) : 0;
  if (idle && *idle >= asked && idle_share >= kLargeShare) {
    return set(f, Cause::fragmentation,
               fmt::format("{} reserved but only {} allocated: {} lie idle in the allocator, more "
                           "than the {} asked for",
                           to_string(*f.reserved), f.allocated ? to_string(*f.allocated) : "a part",
                           to_string(*idle), to_string(asked)));
  }
  if (f.limit && (!f.free || *f.free >= asked)) {
    return set(f, Cause::limit,
               fmt::format("the program may use {} only (set_per_process_memory_fraction)",
                           to_string(*f.limit)));
  }
  if (!f.total) return judge_without_total(f);
  const bool fits_free = f.free && *f.free >= asked;
  if (!fits_free && ratio(asked, *f.total) >= kLargeShare) {
    return set(
        f, Cause::burst,
        fmt::format("one request of {}, {} of the device{}", to_string(asked),
                    percent(ratio(asked, *f.total)),
                    f.free ? ", larger than the " + to_string(*f.free) + " that were free" : ""));
  }
  if (fits_free) {
    return set(
        f, Cause::unknown,
        fmt::format("{} were free and {} could not be had", to_string(*f.free), to_string(asked)));
  }
  if (idle && idle_share >= kSomeShare && f.free && *idle + *f.free >= asked) {
    return set(f, Cause::unknown,
               fmt::format("mixed: {} idle in the allocator are less than the request of {}, and "
                           "the device is nearly "
                           "full; load and fragmentation both have a part",
                           to_string(*idle), to_string(asked)));
  }
  const std::string who = holders(f);
  set(f, Cause::overload,
      fmt::format("a small request ({}) on a full device{}{}", to_string(asked),
                  who.empty() ? "" : ": ", who));
}

void judge_storm(Finding& f) {
  if (f.count < 2 || !f.least_allocated || !f.most_allocated) return;
  const auto lasted = f.last.since(f.first);
  if (!lasted) return;
  const double spread = ratio(*f.most_allocated - *f.least_allocated, *f.most_allocated);
  const std::string time = to_string(from_seconds(*lasted));
  if (*lasted >= seconds(kLong) && spread <= kSteady) {
    f.because += fmt::format("; what was allocated stayed at {} for {}: load, not a leak",
                             to_string(*f.most_allocated), time);
  } else if (f.only_grew && f.count >= kEnoughErrors && spread >= kGrown) {
    set(f, Cause::leak,
        fmt::format("what was allocated only ever grew, from {} to {} in {}",
                    to_string(*f.least_allocated), to_string(*f.most_allocated), time));
  }
}

}  // namespace spillway::doctor
