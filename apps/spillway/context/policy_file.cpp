#include "context/policy_file.h"

#include <algorithm>
#include <cmath>

#include "fit/toml/table_reader.h"

namespace spillway {
namespace {

class Reader {
 public:
  Reader(const fit::TomlTable& root, const std::string& file, std::vector<Error>& errors)
      : reader_(root, file, errors) {}

  context::Policy read() {
    share("high", policy_.high);
    share("low", policy_.low);
    share("warn", policy_.warn);
    if (policy_.low > policy_.high) reader_.complain("low", "is above high");
    if (reader_.has("clear_at_least")) policy_.clear_at_least = count("clear_at_least");
    policy_.remind_every = count("remind_every");
    if (reader_.has("exclude")) policy_.exclude = reader_.texts("exclude");
    if (const auto recall = reader_.text("recall")) policy_.recall = *recall;
    policy_.notices = reader_.flag("notices").value_or(policy_.notices);
    if (reader_.has("output_caps")) policy_.output_caps = falling("output_caps");
    steps();
    reader_.finish();
    return policy_;
  }

 private:
  void share(std::string_view key, double& into) {
    const auto number = reader_.number(key);
    if (!number) return;
    if (*number > 0 && *number <= 1) {
      into = *number;
    } else {
      reader_.complain(key, "is no share", "above 0 and up to 1");
    }
  }

  std::uint64_t count(std::string_view key) {
    const auto whole = reader_.whole(key).value_or(0);
    if (whole < 0) reader_.complain(key, "is below 0");
    return static_cast<std::uint64_t>(std::max<std::int64_t>(whole, 0));
  }

  /// Counts, each at most the one before.
  std::vector<std::uint64_t> falling(std::string_view key) {
    std::vector<std::uint64_t> counts;
    for (const double number : reader_.numbers(key)) {
      const bool is_count = number >= 1 && number <= 1e9 && number == std::floor(number);
      if (!is_count || (!counts.empty() && number > static_cast<double>(counts.back()))) {
        reader_.complain(key, "are no counts that fall", "such as [8, 6, 4]");
        return {};
      }
      counts.push_back(static_cast<std::uint64_t>(number));
    }
    return counts;
  }

  void steps() {
    if (!reader_.has("keep_results") && !reader_.has("keep_turns")) return;
    std::vector<std::uint64_t> results{3, 2, 1}, turns{8, 6, 4};
    if (reader_.has("keep_results")) results = falling("keep_results");
    if (reader_.has("keep_turns")) turns = falling("keep_turns");
    policy_.steps.clear();
    // The shorter list ends with what it said last.
    for (std::size_t i = 0; i < std::max(results.size(), turns.size()); ++i) {
      if (results.empty() || turns.empty()) break;
      policy_.steps.push_back(
          {results[std::min(i, results.size() - 1)], turns[std::min(i, turns.size() - 1)]});
    }
  }

  fit::TableReader reader_;
  context::Policy policy_;
};

}  // namespace

context::Policy parse_policy(std::string_view text, const std::string& file,
                             std::vector<Error>& errors) {
  const auto root = fit::parse_toml(text, file);
  if (!root) {
    errors.push_back(root.error());
    return {};
  }
  return Reader(*root, file, errors).read();
}

}  // namespace spillway
