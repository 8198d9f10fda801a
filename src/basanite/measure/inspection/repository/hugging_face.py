"""Configurations of Hugging Face: transformers, PEFT, diffusers, sentence-transformers.

Source: transformers 4.57 (``dynamic_module_utils``, ``auto_factory``), PEFT 0.18, diffusers 0.36
(``pipeline_loading_utils``), sentence-transformers 5.1 (``util.import_from_string``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from basanite.domain.names import visible
from basanite.domain.severity import Severity
from basanite.measure.inspection.repository.importable import closed
from basanite.measure.inspection.repository.told import Told, leaves, mappings, texts

CONFIGURATIONS = frozenset(
    {
        "config.json", "tokenizer_config.json", "processor_config.json", "adapter_config.json",
        "preprocessor_config.json", "generation_config.json", "model_index.json", "modules.json",
        "video_preprocessor_config.json", "config_sentence_transformers.json",
        "scheduler_config.json", "feature_extractor_config.json", "open_clip_config.json",
        "image_processor_config.json", "sentence_bert_config.json", "model_config.json",
        "special_tokens_map.json", "config_setfit.json", "manifest.json",
    }
)  # fmt: skip
"""Files that loaders of models read; one of them that cannot be read is not passed over."""
_LIBRARIES = frozenset(
    """
    diffusers transformers onnxruntime optimum flax k_diffusion peft sentence_transformers timm
    torch torchvision open_clip tokenizers accelerate
    """.split()  # noqa: SIM905 - a table of words
)
_PIPELINES = frozenset(
    """
    alt_diffusion amused animatediff audio_diffusion audioldm audioldm2 aura_flow blip_diffusion
    cogvideo cogview3 cogview4 consisid consistency_models controlnet controlnet_hunyuandit
    controlnet_sd3 controlnet_xs dance_diffusion ddim ddpm deepfloyd_if deprecated dit
    easyanimate flux free_noise_utils hidream_image hunyuan_video hunyuandit i2vgen_xl kandinsky
    kandinsky2_2 kandinsky3 kolors latent_consistency_models latent_diffusion latte
    ledits_pp ltx lumina lumina2 marigold mochi musicldm omnigen onnx_utils pag paint_by_example
    pia pipeline_utils pixart_alpha pndm qwenimage repaint sana score_sde_ve
    semantic_stable_diffusion
    shap_e skyreels_v2 spectrogram_diffusion stable_audio stable_cascade stable_diffusion
    stable_diffusion_3 stable_diffusion_attend_and_excite stable_diffusion_diffedit
    stable_diffusion_gligen stable_diffusion_k_diffusion stable_diffusion_ldm3d
    stable_diffusion_panorama stable_diffusion_safe stable_diffusion_sag
    stable_diffusion_variants stable_diffusion_xl stable_video_diffusion stochastic_karras_ve
    t2i_adapter text_to_video_synthesis unclip unidiffuser versatile_diffusion visualcloze
    vq_diffusion wan wuerstchen bria chroma cosmos allegro
    """.split()  # noqa: SIM905 - a table of words
)
"""Modules of ``diffusers.pipelines`` that a component may come from."""
_ATTENTION = ("attn_implementation", "_attn_implementation")
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+(?:@[\w./-]+)?(?::[\w.]+)?")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_ABSOLUTE = re.compile(r"/|~|[A-Za-z]:[\\/]|\\\\")
_OWN_CODE = "it runs when a loader trusts the repository, and loads in no other way"


def hugging_face(base: str, document: Any) -> Iterator[Told]:
    """Yield what a configuration called ``base`` tells the libraries to run."""
    for mapping in mappings(document):
        yield from _auto_map(mapping.get("auto_map"))
        yield from _pipelines(mapping.get("custom_pipelines"))
        yield from _trust(mapping)
        yield from _attention(mapping)
    if isinstance(document, dict):
        if base == "model_index.json":
            yield from _components(document)
        if base == "adapter_config.json" or "peft_type" in document:
            yield from _adapter(document)
        yield from _elsewhere(document)
    elif isinstance(document, list) and base == "modules.json":
        yield from _modules(document)


def _auto_map(value: Any) -> Iterator[Told]:
    if isinstance(value, dict):
        named = [text for each in value.values() for text in texts(each)]
    else:
        named = list(texts(value))
    for each in dict.fromkeys(named):
        yield _reference(each, "auto_map")


def _reference(reference: str, key: str) -> Told:
    name = visible(reference, 160)
    if "--" in reference:
        repository = visible(reference.split("--", 1)[0], 100)
        text = f"{key} names {name}: its code is fetched from {repository} and run."
        return Told("foreign-code", text, name)
    return Told("own-code", f"{key} names {name}: {_OWN_CODE}.", name)


def _pipelines(value: Any) -> Iterator[Told]:
    for each in value.values() if isinstance(value, dict) else ():
        implementation = each.get("impl") if isinstance(each, dict) else None
        if isinstance(implementation, str):
            yield _reference(implementation, "custom_pipelines")


def _trust(mapping: dict[str, Any]) -> Iterator[Told]:
    if mapping.get("trust_remote_code") is True:
        text = "It sets trust_remote_code: code from a model's repository is run without asking."
        yield Told("trust", text, "trust_remote_code")


def _attention(mapping: dict[str, Any]) -> Iterator[Told]:
    for key in _ATTENTION:
        value = mapping.get(key)
        if isinstance(value, str) and _REPOSITORY.fullmatch(value):
            name = visible(value, 120)
            text = f"{key} names the repository {name}: a kernel is fetched from it and run."
            yield Told("foreign-code", text, name)


def _components(document: dict[str, Any]) -> Iterator[Told]:
    """Each component of a pipeline names the module and the class that load it."""
    for key, value in document.items():
        if not (isinstance(value, list) and len(value) == 2):
            continue
        library = value[0]
        if not isinstance(library, str) or not isinstance(value[1], str):
            continue
        name = visible(f"{library}.{value[1]}", 160)
        root = library.partition(".")[0]
        if closed(f"{library}.{value[1]}"):
            text = f"The component {visible(key, 60)} is to be loaded by {name}."
            yield Told("closed-name", text, name)
        elif root not in _LIBRARIES and library not in _PIPELINES:
            text = f"The component {visible(key, 60)} is loaded by {name} of its own: {_OWN_CODE}."
            yield Told("own-code", text, name)


def _adapter(document: dict[str, Any]) -> Iterator[Told]:
    mapping = document.get("auto_mapping")
    library = mapping.get("parent_library") if isinstance(mapping, dict) else None
    for key, value in (
        ("parent_library", library),
        ("megatron_core", document.get("megatron_core")),
    ):
        if not isinstance(value, str) or not value:
            continue
        root = value.partition(".")[0]
        name = visible(value, 120)
        if closed(f"{value}.x"):
            yield Told("closed-name", f"{key} has the module {name} imported.", name)
        elif root in ("transformers_modules", "__main__"):
            text = f"{key} names {name}, code from another repository that has to be there."
            yield Told("own-code", text, name)
        elif root not in _LIBRARIES and root != "megatron":
            yield Told("unknown-name", f"{key} has the module {name} imported.", name)


def _modules(document: list[Any]) -> Iterator[Told]:
    """The steps of a sentence-transformers model: each type is imported and loads its folder."""
    for each in document:
        step = each if isinstance(each, dict) else {}
        kind, path = step.get("type"), step.get("path")
        if isinstance(kind, str) and not kind.startswith("sentence_transformers."):
            name = visible(kind, 160)
            if closed(kind):
                yield Told("closed-name", f"A step of the model is to be loaded by {name}.", name)
            else:
                text = f"A step of the model is {name}, which is none of the library's own."
                yield Told("own-code", text, name)
        if isinstance(path, str) and path and leaves(path):
            shown = visible(path, 160)
            yield Told("outside-path", f"A step of the model is read from {shown}.", shown)


def _elsewhere(document: dict[str, Any]) -> Iterator[Told]:
    for key in ("_name_or_path", "base_model_name_or_path", "name_or_path"):
        value = document.get(key)
        if isinstance(value, str) and (_ABSOLUTE.match(value) or _SCHEME.match(value)):
            name = visible(value, 160)
            text = f"{key} is {name}: a place on the maker's machine, or an address."
            yield Told("elsewhere", text, name, Severity.LOW)
