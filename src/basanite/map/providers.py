"""Who answers questions for money or from a local server: imports, addresses and variables."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Provider:
    """A supplier of model answers, or a local server of them, and how code gives it away."""

    id: str
    title: str
    url: str = ""
    """Base address of its public service; empty where it differs for every customer."""
    protocol: str = "openai-chat"
    imports: tuple[str, ...] = ()
    """Python modules or npm packages; a prefix counts up to a dot or a slash."""
    hosts: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    """How its model names begin."""
    local: bool = False
    """A server the operator runs: a service, not a provider."""


PROVIDERS: tuple[Provider, ...] = (
    Provider(
        "azure-openai",
        "Azure OpenAI",
        "",
        "azure-openai",
        imports=(
            "@azure/openai",
            "openai.AzureOpenAI",
            "openai.AsyncAzureOpenAI",
            "openai.lib.azure",
            "langchain_openai.AzureChatOpenAI",
            "langchain_openai.AzureOpenAIEmbeddings",
            "langchain_openai.AzureOpenAI",
            "llama_index.llms.azure_openai",
        ),
        hosts=("openai.azure.com", "services.ai.azure.com"),
        variables=("AZURE_OPENAI_API_KEY", "AZURE_OPENAI_ENDPOINT"),
    ),
    Provider(
        "openai",
        "OpenAI",
        "https://api.openai.com/v1",
        imports=(
            "openai",
            "langchain_openai",
            "llama_index.llms.openai",
            "@ai-sdk/openai",
            "@langchain/openai",
        ),
        hosts=("api.openai.com",),
        variables=("OPENAI_API_KEY",),
        models=("gpt-", "chatgpt-", "o1-", "o3-", "o4-"),
    ),
    Provider(
        "anthropic",
        "Anthropic",
        "https://api.anthropic.com",
        "anthropic-messages",
        imports=("anthropic", "langchain_anthropic", "@anthropic-ai/sdk", "@ai-sdk/anthropic"),
        hosts=("api.anthropic.com",),
        variables=("ANTHROPIC_API_KEY",),
        models=("claude-",),
    ),
    Provider(
        "google-gemini",
        "Google Gemini",
        "https://generativelanguage.googleapis.com",
        "google-generate",
        imports=(
            "google.genai",
            "google.generativeai",
            "langchain_google_genai",
            "@google/generative-ai",
            "@google/genai",
            "@ai-sdk/google",
        ),
        hosts=("generativelanguage.googleapis.com",),
        variables=("GEMINI_API_KEY", "GOOGLE_GENAI_API_KEY"),
        models=("gemini-",),
    ),
    Provider(
        "google-vertex",
        "Google Vertex AI",
        "",
        "google-generate",
        imports=("vertexai", "langchain_google_vertexai", "google.cloud.aiplatform"),
        hosts=("aiplatform.googleapis.com",),
    ),
    Provider(
        "aws-bedrock",
        "Amazon Bedrock",
        "",
        "aws-bedrock",
        imports=("langchain_aws", "@aws-sdk/client-bedrock-runtime", "anthropic.AnthropicBedrock"),
        models=("anthropic.claude-", "amazon.titan-", "amazon.nova-"),
    ),
    Provider(
        "mistral",
        "Mistral AI",
        "https://api.mistral.ai/v1",
        imports=("mistralai", "langchain_mistralai", "@mistralai/mistralai"),
        hosts=("api.mistral.ai",),
        variables=("MISTRAL_API_KEY",),
        models=("mistral-large", "mistral-small", "mistral-medium", "codestral-"),
    ),
    Provider(
        "cohere",
        "Cohere",
        "https://api.cohere.com",
        "cohere-chat",
        imports=("cohere", "langchain_cohere"),
        hosts=("api.cohere.ai", "api.cohere.com"),
        variables=("COHERE_API_KEY", "CO_API_KEY"),
        models=("command-r", "embed-english"),
    ),
    Provider(
        "groq",
        "Groq",
        "https://api.groq.com/openai/v1",
        imports=("groq", "langchain_groq", "groq-sdk"),
        hosts=("api.groq.com",),
        variables=("GROQ_API_KEY",),
    ),
    Provider(
        "together",
        "Together AI",
        "https://api.together.xyz/v1",
        imports=("together", "langchain_together"),
        hosts=("api.together.xyz", "api.together.ai"),
        variables=("TOGETHER_API_KEY",),
    ),
    Provider(
        "deepseek",
        "DeepSeek",
        "https://api.deepseek.com/v1",
        imports=("langchain_deepseek",),
        hosts=("api.deepseek.com",),
        variables=("DEEPSEEK_API_KEY",),
        models=("deepseek-chat", "deepseek-reasoner"),
    ),
    Provider(
        "openrouter",
        "OpenRouter",
        "https://openrouter.ai/api/v1",
        hosts=("openrouter.ai",),
        variables=("OPENROUTER_API_KEY",),
    ),
    Provider(
        "xai",
        "xAI",
        "https://api.x.ai/v1",
        imports=("xai_sdk", "langchain_xai"),
        hosts=("api.x.ai",),
        variables=("XAI_API_KEY",),
        models=("grok-",),
    ),
    Provider(
        "hugging-face-inference",
        "Hugging Face inference",
        "https://router.huggingface.co/v1",
        imports=("langchain_huggingface.HuggingFaceEndpoint",),
        hosts=("router.huggingface.co", "api-inference.huggingface.co"),
    ),
    Provider(
        "replicate",
        "Replicate",
        "https://api.replicate.com/v1",
        "replicate",
        imports=("replicate",),
        hosts=("api.replicate.com",),
        variables=("REPLICATE_API_TOKEN",),
    ),
    Provider(
        "ollama",
        "Ollama server",
        "http://127.0.0.1:11434/v1",
        imports=(
            "ollama",
            "langchain_ollama",
            "langchain_community.llms.ollama",
            "langchain_community.chat_models.ollama",
            "llama_index.llms.ollama",
            "ollama-ai-provider",
        ),
        variables=("OLLAMA_HOST", "OLLAMA_BASE_URL"),
        local=True,
    ),
    Provider(
        "vllm",
        "vLLM server",
        "http://127.0.0.1:8000/v1",
        imports=("vllm",),
        local=True,
    ),
)

IMAGES: tuple[tuple[str, str], ...] = (
    ("ollama/ollama", "ollama"),
    ("vllm/vllm-openai", "vllm"),
    ("huggingface/text-generation-inference", "text-generation-inference"),
    ("huggingface/text-embeddings-inference", "text-embeddings-inference"),
    ("ggml-org/llama.cpp", "llama-cpp"),
    ("ggerganov/llama.cpp", "llama-cpp"),
    ("localai/localai", "localai"),
    ("berriai/litellm", "litellm"),
    ("nvcr.io/nvidia/tritonserver", "triton"),
    ("tensorflow/serving", "tensorflow-serving"),
    ("pytorch/torchserve", "torchserve"),
)
"""Container images that answer with a model, and the id of the service."""

AGENT_LIBRARIES: tuple[str, ...] = (
    "langgraph",
    "crewai",
    "autogen",
    "autogen_agentchat",
    "langchain.agents",
    "smolagents",
    "pydantic_ai",
    "agents",
    "semantic_kernel",
    "google.adk",
    "llama_index.core.agent",
    "agno",
    "mcp.server",
    "fastmcp",
    "haystack.components.agents",
    "strands",
)
"""Libraries whose import means that a model may act by itself."""

VECTOR_LIBRARIES: tuple[str, ...] = (
    "chromadb",
    "langchain_chroma",
    "faiss",
    "qdrant_client",
    "langchain_qdrant",
    "pinecone",
    "langchain_pinecone",
    "weaviate",
    "pymilvus",
    "lancedb",
    "pgvector",
)


def provider(identifier: str) -> Provider:
    """Return a provider by its id."""
    return next(each for each in PROVIDERS if each.id == identifier)


def importing(module: str) -> Provider | None:
    """Return the provider whose software a module or package is."""
    for each in PROVIDERS:
        if any(starts(module, name) for name in each.imports):
            return each
    return None


def starts(module: str, name: str) -> bool:
    """Return whether a module is the named one or lies below it."""
    return module == name or module.startswith((name + ".", name + "/"))


def hosting(host: str) -> Provider | None:
    """Return the provider whose address a host is."""
    for each in PROVIDERS:
        if any(host == name or host.endswith("." + name) for name in each.hosts):
            return each
    return None


def naming(model: str) -> Provider | None:
    """Return the provider whose models are named so."""
    return next((each for each in PROVIDERS if model.startswith(each.models or ("\0",))), None)
