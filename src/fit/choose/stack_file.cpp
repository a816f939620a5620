#include "fit/choose/stack_file.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "fit/choose/change.h"
#include "fit/choose/use_options.h"
#include "fit/toml/table_reader.h"

namespace spillway::fit {
namespace {

constexpr std::size_t kMostComponents = 64;
constexpr std::size_t kMostGpus = 64;

struct NeedKey {
  const char* key;
  Range Need::*idle;
  Range Need::*peak;  // the same while it works, where nothing else is said
};
// A peak comes after what it grows from.
constexpr NeedKey kNeedKeys[]{
    {"vram", &Need::vram_idle, &Need::vram_peak},
    {"ram", &Need::ram_idle, &Need::ram_peak},
    {"vram_peak", nullptr, &Need::vram_peak},
    {"ram_peak", nullptr, &Need::ram_peak},
    {"vram_overhead", nullptr, &Need::vram_overhead},
    {"ram_overhead", nullptr, &Need::ram_overhead},
};

class StackReader {
 public:
  explicit StackReader(std::string file)
      : file_(std::move(file)), folder_(std::filesystem::path(file_).parent_path()) {}

  StackFile read(const TomlTable& root) {
    TableReader reader(root, file_, errors);
    const auto machines = reader.tables("machine");
    if (machines.size() > 1) reader.complain("machine", "is one table", "write [machine]");
    if (!machines.empty()) read_machine(machines.front());
    const auto components = reader.tables("component");
    if (components.size() > kMostComponents) {
      reader.complain("component", "there are more than 64 of them");
    } else {
      for (const TomlTable& table : components) read_component(table);
    }
    reader.finish();
    if (components.empty()) {
      errors.push_back({Errc::invalid, "no component", file_, "write [[component]] tables"});
    }
    return std::move(stack_);
  }

  std::vector<Error> errors;

 private:
  void read_machine(const TomlTable& table) {
    TableReader reader(table, file_, errors);
    MachineAsked& machine = stack_.machine;
    if (const auto vram = reader.bytes("vram")) machine.gpus.push_back(*vram);
    const bool one = reader.has("vram");
    for (const std::string& text : reader.texts("gpus")) {
      const auto bytes = parse_bytes(text);
      if (bytes) machine.gpus.push_back(*bytes);
      if (!bytes) reader.complain("gpus", bytes.error().what, "such as [\"24GiB\", \"8GiB\"]");
    }
    if (one && reader.has("gpus")) reader.complain("gpus", "says the same as vram");
    if (machine.gpus.size() > kMostGpus) reader.complain("gpus", "there are more than 64");
    machine.ram = reader.bytes("ram");
    machine.os = reader.bytes("os");
    machine.reserve = reader.bytes("reserve");
    machine.threshold = reader.number("threshold");
    if (machine.threshold && !(*machine.threshold > 0 && *machine.threshold <= 1)) {
      reader.complain("threshold", "is no share", "above 0 and up to 1");
    }
    reader.finish();
  }

  void read_component(const TomlTable& table) {
    TableReader reader(table, file_, errors);
    ComponentAsked& asked = stack_.components.emplace_back();
    Component& component = asked.component;
    component.name = reader.text("name").value_or("");
    if (component.name.empty()) reader.complain("name", "every component needs one");
    if (!component.name.empty() && !names_.insert(component.name).second) {
      reader.complain("name", "\"" + component.name + "\" is there twice");
    }
    component.kind =
        reader
            .word("kind", find_component_kind,
                  "vad, wake_word, stt, intent, embeddings, tts, llm, vision, runtime, "
                  "data or other")
            .value_or(ComponentKind::other);
    component.duty =
        reader.word("duty", find_duty, "always, idle or on_demand").value_or(Duty::always);
    component.priority = small(reader, "priority").value_or(0);
    component.order = small(reader, "order").value_or(0);
    component.process = reader.text("process").value_or("");
    if (const auto gpu = small(reader, "gpu")) {
      if (*gpu < 0) reader.complain("gpu", "is no number of a GPU");
      if (*gpu >= 0) component.gpu = static_cast<std::size_t>(*gpu);
    }
    const bool has_model = reader.has("model") || reader.has("params");
    if (has_model) read_model(reader, asked);
    const bool has_figures = read_need(reader, component.variants.emplace_back().need);
    if (has_model == has_figures) {
      reader.complain(has_model ? "model" : "",
                      has_model ? "has figures beside it" : "neither a model nor figures",
                      "either model = \"FILE\", or vram and ram");
    }
    for (const TomlTable& change : reader.tables("change")) read_change(change, component);
    if (!has_model) add_cpu(component);
    reader.finish();
  }

  /// What is said to be in VRAM could be in RAM as well, unless the file knows better.
  static void add_cpu(Component& component) {
    const auto off_gpu = [](const Variant& variant) { return !variant.need.on_gpu(); };
    if (std::any_of(component.variants.begin(), component.variants.end(), off_gpu)) return;
    Need need = component.variants.front().need;
    need.ram_idle += need.vram_idle;
    need.ram_peak += need.vram_peak;
    need.vram_idle = need.vram_peak = need.vram_overhead = {};
    const ChangeKind kind =
        is_helper(component.kind) ? ChangeKind::helper_on_cpu : ChangeKind::whole_on_cpu;
    component.variants.push_back({{change_of(kind, component.kind, "on the CPU")}, need});
  }

  std::optional<int> small(TableReader& reader, std::string_view key) {
    const auto number = reader.whole(key);
    if (!number) return std::nullopt;
    if (*number >= -1'000'000 && *number <= 1'000'000) return static_cast<int>(*number);
    reader.complain(key, "is too large");
    return std::nullopt;
  }

  void read_model(TableReader& reader, ComponentAsked& asked) {
    ModelAsked& model = asked.model.emplace();
    model.parameters = reader.plain("params").value_or("");
    model.dtype = reader.text("dtype").value_or("");
    model.model = reader.text("model").value_or(asked.component.name);
    if (model.parameters.empty()) model.model = beside(model.model);
    for (const std::string& path : reader.texts("smaller")) asked.smaller.push_back(beside(path));
    for (const UseOption& option : use_options()) {
      const auto text = reader.plain(option.name);
      if (!text) continue;
      const Status ok = option.apply(model.use, *text);
      if (!ok) reader.complain(option.name, ok.error().what, ok.error().hint);
    }
  }

  /// A file beside the stack's; a name that is no file there (of Ollama, of a hub) stays what it is.
  std::string beside(const std::string& model) const {
    const std::filesystem::path path = folder_ / model;
    std::error_code ignored;
    return std::filesystem::exists(path, ignored) ? path.string() : model;
  }

  /// True when any figure was said.
  bool read_need(TableReader& reader, Need& need) {
    bool any = false;
    for (const NeedKey& key : kNeedKeys) {
      const bool there = reader.has(key.key);
      const std::vector<Bytes> amounts = reader.amounts(key.key);
      any = any || there;
      if (amounts.empty()) continue;
      const Range range{amounts[0], amounts[1], amounts[2]};
      if (key.idle != nullptr) need.*key.idle = range;
      need.*key.peak = range;
    }
    if (need.vram_peak.likely < need.vram_idle.likely) {
      reader.complain("vram_peak", "is below vram");
    }
    if (need.ram_peak.likely < need.ram_idle.likely) reader.complain("ram_peak", "is below ram");
    return any;
  }

  void read_change(const TomlTable& table, Component& component) {
    TableReader reader(table, file_, errors);
    std::string words;
    for (const ChangeRow& row : change_rows()) {
      words += (words.empty() ? "" : ", ") + std::string(row.word);
    }
    const auto kind = reader.word("kind", find_change, "one of " + words);
    if (!kind && !reader.has("kind")) reader.complain("kind", "every change needs one");
    const ChangeKind known = kind.value_or(ChangeKind::smaller_model);
    Change change = change_of(known, component.kind,
                              reader.text("what").value_or(std::string(row_of(known).phrase)));
    change.latency = reader.text("latency").value_or(change.latency);
    change.accuracy = reader.text("accuracy").value_or(change.accuracy);
    Variant variant{{std::move(change)}, {}};
    if (!read_need(reader, variant.need)) reader.complain("", "a change needs vram and ram");
    component.variants.push_back(std::move(variant));
    reader.finish();
  }

  const std::string file_;
  const std::filesystem::path folder_;
  std::set<std::string> names_;
  StackFile stack_;
};

}  // namespace

tl::expected<StackFile, std::vector<Error>> parse_stack(std::string_view text,
                                                        const std::string& file) {
  const auto root = parse_toml(text, file);
  if (!root) return tl::unexpected(std::vector{root.error()});
  StackReader reader(file);
  StackFile stack = reader.read(*root);
  if (!reader.errors.empty()) return tl::unexpected(std::move(reader.errors));
  return stack;
}

void say(Machine& machine, const MachineAsked& asked) {
  if (!asked.gpus.empty()) {
    machine.gpus.clear();
    for (std::size_t i = 0; i < asked.gpus.size(); ++i) {
      Room& room = machine.gpus.emplace_back();
      room.name = asked.gpus.size() == 1 ? "vram" : "vram:" + std::to_string(i);
      room.total = asked.gpus[i];
    }
  }
  if (asked.ram) {
    machine.ram = {};
    machine.ram.name = "ram";
    machine.ram.total = *asked.ram;
    machine.ram.used = assumed_os_share(*asked.ram);
    machine.ram.assumed = true;
    machine.zram.reset();
  }
  if (!asked.os) return;
  machine.ram.used = *asked.os;
  machine.ram.yields = {};
  machine.ram.assumed = false;
}

}  // namespace spillway::fit
