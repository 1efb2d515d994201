"""The gateway beside ComfyUI itself and beside `comfy-api-proxy`, in one run."""
